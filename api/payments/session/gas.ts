/**
 * Gas limits to put into a wallet, in gas. Avalanche charges at least half the limit and refunds nothing, so they are
 * tight; a limit that is too low loses the fee, so they cover the dearest ordinary case: a merchant's first payment in
 * a token, and a storage slot that no payment has written yet (17,100 less when one has).
 * `test/flow` holds them against what the contract uses.
 */
const NEW_SLOT_GAS = 17_100;
const WARM = { native: 47_000, payFor: 118_000, payForWithPermit: 158_000 } as const;

/** Sets the allowance of one token from zero. */
export const APPROVE_GAS = 60_000;

export const gasOf = (call: keyof typeof WARM, warm: boolean): number => WARM[call] + (warm ? 0 : NEW_SLOT_GAS);
