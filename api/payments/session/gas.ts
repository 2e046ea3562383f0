/**
 * Gas limits to put into a wallet. Avalanche charges at least half the limit and refunds nothing, so they are tight;
 * a limit that is too low loses the fee, so they hold for the dearer of the usual tokens (`test/contracts/gas-snapshot.json` has what the
 * contract uses: 42,956 native, 66,077 and 82,019 by approval, 96,709 and 120,936 by permit, which may also be a
 * payer's first).
 */
const USUAL = { native: 47_000, payFor: 85_800, payForWithPermit: 144_000 } as const;

/** A storage slot that no payment with ids of the same word has written yet. */
const NEW_SLOT_GAS = 17_100;

/** Sets the allowance of one token from zero. */
export const APPROVE_GAS = 60_000;

export type PaymentCall = keyof typeof USUAL;

export function gasOf(call: PaymentCall, { isWarm, surcharge }: { isWarm: boolean; surcharge: number }): number {
  return USUAL[call] + surcharge + (isWarm ? 0 : NEW_SLOT_GAS);
}
