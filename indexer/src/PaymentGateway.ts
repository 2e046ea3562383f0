import { ponder } from "ponder:registry";
import { payment, session } from "ponder:schema";
import { maxUint256 } from "viem";

ponder.on("PaymentGateway:Paid", async ({ event, context }) => {
  const { sessionId, payer, merchant, token, amountGross, fee, amountNet } = event.args;
  const chainId = context.chain.id;
  const { number: block, timestamp: time } = event.block;

  // A plain insert: should a block ever be handled twice, it fails here before the session counts anything again.
  await context.db.insert(payment).values({
    chainId,
    txHash: event.transaction.hash,
    logIndex: event.log.logIndex,
    sessionId,
    payer,
    merchant,
    token,
    amountGross,
    fee,
    amountNet,
    blockNumber: block,
    blockTime: time,
  });

  await context.db
    .insert(session)
    .values({
      chainId,
      sessionId,
      merchant,
      token,
      amountGross,
      payments: 1,
      firstBlock: block,
      firstTime: time,
      firstPayer: payer,
      lastBlock: block,
      lastTime: time,
    })
    .onConflictDoUpdate((row) => ({
      amountGross: sum(row.amountGross, amountGross),
      payments: row.payments + 1,
      lastBlock: block,
      lastTime: time,
    }));
});

/** The column holds 78 digits; an overflow would end the indexer for everybody. */
function sum(a: bigint, b: bigint): bigint {
  return a + b > maxUint256 ? maxUint256 : a + b;
}
