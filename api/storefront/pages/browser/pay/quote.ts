/** One transaction that a 402 describes, ready to send. */
export type ReadyCall = { readonly to: string; readonly data: string; readonly value?: string; readonly gas: number };

export type PermitField = { readonly name: string; readonly type: string };

/** A payment that needs a signature of its payer in it first. */
export type PermitCall = {
  readonly to: string;
  readonly args: readonly string[];
  readonly gas: number;
  readonly permit: {
    readonly domain: { readonly verifyingContract: string } & Readonly<Record<string, unknown>>;
    readonly types: { readonly Permit: readonly PermitField[] };
    readonly message: Readonly<Record<string, string>>;
  };
};

/** `data` of a 402: one offer to sell one session. */
export type Quote = {
  readonly session_id: string;
  readonly payment_id: string;
  readonly contract: string;
  readonly amount_wei: string;
  readonly merchant_wallet: string;
  readonly token_address: string;
  readonly expires_at: string;
  readonly valid_for_sec: number;
  readonly fee_bps: number;
  readonly calls: {
    readonly native?: ReadyCall;
    readonly erc20_approve_then_pay?: { readonly approve: ReadyCall; readonly payFor: ReadyCall };
    readonly erc20_permit?: PermitCall;
  };
};

/** Whether its amounts can be told with what the page knows of its token. */
export const isOfToken = ({ token_address }: Quote, address: string): boolean =>
  token_address.toLowerCase() === address.toLowerCase();

/** The same terms, whatever session they sell. */
export const isSamePrice = (one: Quote, other: Quote): boolean =>
  one.amount_wei === other.amount_wei &&
  one.token_address === other.token_address &&
  one.merchant_wallet === other.merchant_wallet &&
  one.valid_for_sec === other.valid_for_sec;
