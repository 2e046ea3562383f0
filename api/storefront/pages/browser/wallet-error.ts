/** What a wallet said instead of yes, in words for its owner. */
export class WalletError extends Error {
  /** EIP-1193's, or 0. */
  readonly code: number;
  /** What a contract gave as its reason, in hex. */
  readonly revertData: string | undefined;

  constructor(message: string, code = 0, revertData?: string) {
    super(message);
    this.name = "WalletError";
    this.code = code;
    this.revertData = revertData;
  }
}

export const DECLINED = 4001;
export const UNKNOWN_CHAIN = 4902;

const WORDS: Record<number, string> = {
  [DECLINED]: "You declined in your wallet.",
  4100: "Your wallet does not share this account with this page. Connect it again.",
  4200: "Your wallet cannot do this.",
  4900: "Your wallet has lost its connection. Check it and try again.",
  4901: "Your wallet is not connected to this network. Check it and try again.",
  [-32002]: "Your wallet is waiting for an answer already: open it and answer there.",
  [-32601]: "Your wallet cannot do this.",
};

const MAX_CHARS = 240;

/** Wallets throw plain objects, and pack the node's words into `data`. */
export function walletErrorOf(thrown: unknown): WalletError {
  if (thrown instanceof WalletError) return thrown;
  const { message, code } = (thrown ?? {}) as { message?: unknown; code?: unknown };
  const number = isUnknownChain(thrown) ? UNKNOWN_CHAIN : typeof code === "number" ? code : 0;
  const said = typeof message === "string" ? message : "";
  return new WalletError(WORDS[number] ?? plain(said), number, revertDataIn(thrown));
}

/** Nodes put it into `data`, and wallets wrap that once or twice more. */
function revertDataIn(thrown: unknown, depth = 0): string | undefined {
  if (typeof thrown === "string") return /^0x[0-9a-f]{8,}$/i.test(thrown) ? thrown : undefined;
  if (depth > 3 || typeof thrown !== "object" || thrown === null) return undefined;
  const { data, originalError, error } = thrown as Record<string, unknown>;
  return [data, originalError, error].map((each) => revertDataIn(each, depth + 1)).find((each) => each !== undefined);
}

/** MetaMask on phones wraps the code in another error. */
function isUnknownChain(thrown: unknown): boolean {
  const { code, data } = (thrown ?? {}) as { code?: unknown; data?: { originalError?: { code?: unknown } } };
  return code === UNKNOWN_CHAIN || data?.originalError?.code === UNKNOWN_CHAIN;
}

function plain(said: string): string {
  if (/user (?:rejected|denied|cancel)/i.test(said)) return WORDS[DECLINED] as string;
  if (/insufficient funds/i.test(said)) return "This account does not hold enough for the amount and the network fee.";
  const [line = ""] = said.split("\n");
  return line ? `Your wallet says: ${line.slice(0, MAX_CHARS)}` : "Your wallet refused, and does not say why.";
}
