import { type Context, type Event, ponder } from "ponder:registry";
import { balance, settlement } from "ponder:schema";
import { formatLog, type Hex, pad, toEventSelector } from "viem";
import { hasReceiver } from "../../ponder.config.ts";

type Transfer = Event<"Usdc:Transfer">;
type Client = Context<"Usdc:Transfer">["client"];

const AUTHORIZATION_USED = toEventSelector("AuthorizationUsed(address,bytes32)");

if (hasReceiver)
  ponder.on("Usdc:Transfer", async ({ event, context }) => {
    const { from: payer, value: amount } = event.args;
    const chainId = context.chain.id;
    const { number: block, timestamp: time } = event.block;

    // A plain insert: should a block ever be handled twice, it fails here before the balance counts anything again.
    await context.db.insert(settlement).values({
      chainId,
      txHash: event.transaction.hash,
      logIndex: event.log.logIndex,
      token: event.log.address,
      payer,
      nonce: await nonceOf(event, context.client),
      amount,
      blockNumber: block,
      blockTime: time,
    });

    await context.db
      .insert(balance)
      .values({ chainId, payer, deposited: amount, refunded: 0n, count: 1, lastBlock: block })
      .onConflictDoUpdate((row) => ({
        deposited: row.deposited + amount,
        count: row.count + 1,
        lastBlock: block,
      }));
  });

/**
 * Of the authorization that moved the money, null when none did. USDC logs its use directly before the transfer, and
 * this place is all that ties the two together: one transaction can use many, of many payers.
 */
async function nonceOf(event: Transfer, client: Client): Promise<Hex | null> {
  const { address, logIndex } = event.log;
  const logs = await logsAround(event, client);
  const before = logs.find((log) => log.logIndex === logIndex - 1 && log.address.toLowerCase() === address);
  const [topic, authorizer, nonce] = before?.topics ?? [];
  return topic === AUTHORIZATION_USED && authorizer === pad(event.args.from) && nonce ? nonce : null;
}

/** USDC's logs of the transfer's transaction, in the very block that is indexed. */
async function logsAround({ transaction, block, log, args }: Transfer, client: Client) {
  const receipt = await client.getTransactionReceipt({ hash: transaction.hash });
  if (receipt.blockHash === block.hash) return receipt.logs;
  // Ponder keeps a receipt for good, but a reorg may mine its transaction again, in another place.
  const filter = { blockHash: block.hash, address: log.address, topics: [null, pad(args.from)] };
  const logs = (await client.request({ method: "eth_getLogs", params: [filter] })).map((found) => formatLog(found));
  const own = logs.filter(({ transactionHash }) => transactionHash === transaction.hash);
  if (own.some(({ logIndex }) => logIndex === log.logIndex)) return own;
  throw new Error(`the node does not know the logs of block ${block.number}, ${block.hash}`);
}
