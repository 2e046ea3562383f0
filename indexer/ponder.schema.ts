import { index, onchainTable, primaryKey } from "ponder";

/** One row per `Paid` log. Amounts are in wei or the token's atomic units, times in Unix seconds. */
export const payment = onchainTable(
  "payment",
  (t) => ({
    chainId: t.integer().notNull(),
    txHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
    sessionId: t.hex().notNull(),
    payer: t.hex().notNull(),
    merchant: t.hex().notNull(),
    token: t.hex().notNull(),
    amountGross: t.bigint().notNull(),
    fee: t.bigint().notNull(),
    amountNet: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    blockTime: t.bigint().notNull(),
  }),
  (t) => ({
    // Ponder partitions by chain, so every primary key starts with it.
    pk: primaryKey({ columns: [t.chainId, t.txHash, t.logIndex] }),
    bySession: index().on(t.chainId, t.sessionId),
    byMerchant: index().on(t.chainId, t.merchant),
  }),
);

/** All payments of one on-chain id to one merchant in one token, summed. */
export const session = onchainTable(
  "session",
  (t) => ({
    chainId: t.integer().notNull(),
    sessionId: t.hex().notNull(),
    merchant: t.hex().notNull(),
    token: t.hex().notNull(),
    /** Stops at the largest uint256: a token of an attacker's own making can move any amount any number of times. */
    amountGross: t.bigint().notNull(),
    payments: t.integer().notNull(),
    firstBlock: t.bigint().notNull(),
    firstTime: t.bigint().notNull(),
    firstPayer: t.hex().notNull(),
    lastBlock: t.bigint().notNull(),
    lastTime: t.bigint().notNull(),
  }),
  (t) => ({ pk: primaryKey({ columns: [t.chainId, t.sessionId, t.merchant, t.token] }) }),
);

/** One row per transfer of USDC to the receiver. Amounts are in USDC's atomic units. */
export const settlement = onchainTable(
  "settlement",
  (t) => ({
    chainId: t.integer().notNull(),
    txHash: t.hex().notNull(),
    logIndex: t.integer().notNull(),
    token: t.hex().notNull(),
    payer: t.hex().notNull(),
    /** Of the authorization that moved the money; null for a plain transfer. */
    nonce: t.hex(),
    amount: t.bigint().notNull(),
    blockNumber: t.bigint().notNull(),
    blockTime: t.bigint().notNull(),
  }),
  (t) => ({
    pk: primaryKey({ columns: [t.chainId, t.txHash, t.logIndex] }),
    byAuthorization: index().on(t.chainId, t.payer, t.nonce),
  }),
);

/** What one payer has sent to the receiver, by whatever way, and got back from it. */
export const balance = onchainTable(
  "balance",
  (t) => ({
    chainId: t.integer().notNull(),
    payer: t.hex().notNull(),
    deposited: t.bigint().notNull(),
    refunded: t.bigint().notNull(),
    /** Transfers to the receiver. */
    count: t.integer().notNull(),
    lastBlock: t.bigint().notNull(),
  }),
  (t) => ({ pk: primaryKey({ columns: [t.chainId, t.payer] }) }),
);
