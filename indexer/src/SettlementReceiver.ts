import { ponder } from "ponder:registry";
import { balance } from "ponder:schema";
import { hasReceiver } from "../../ponder.config.ts";

if (hasReceiver)
  ponder.on("SettlementReceiver:Refunded", async ({ event, context }) => {
    const { payer, amount } = event.args;
    const lastBlock = event.block.number;
    await context.db
      .insert(balance)
      .values({ chainId: context.chain.id, payer, deposited: 0n, refunded: amount, count: 0, lastBlock })
      .onConflictDoUpdate((row) => ({ refunded: row.refunded + amount, lastBlock }));
  });
