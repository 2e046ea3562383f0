import { type Address, getAbiItem, type Hex, type PublicClient } from "viem";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import type { IndexedPayment, PaymentQuery } from "../indexed.ts";
import { type Look, type Span, timeOf } from "./nodes.ts";
import { byPlace, MOST_PAYMENTS } from "./rows.ts";

const paid = getAbiItem({ abi: paymentGatewayAbi, name: "Paid" });

/** The gateway's `Paid` logs of one id, as the index would tell them. */
export const paymentLogs =
  (gateway: Address, query: PaymentQuery): Look<IndexedPayment[]> =>
  async (client, spans) => {
    const logs = (await Promise.all(spans.map((span) => logsOf({ client, gateway }, query, span)))).flat();
    const largest = logs.sort((a, b) => descending(a.args.amountGross, b.args.amountGross)).slice(0, MOST_PAYMENTS);
    const times = await timesOf(client, new Set(largest.map(({ blockNumber }) => blockNumber)));
    return largest
      .map(
        ({ args, transactionHash, logIndex, blockNumber }): IndexedPayment => ({
          txHash: transactionHash,
          logIndex,
          payer: lower(args.payer),
          merchant: lower(args.merchant),
          token: lower(args.token),
          amountGross: args.amountGross,
          blockNumber,
          blockTime: times.get(blockNumber) as number,
        }),
      )
      .sort(byPlace);
  };

async function logsOf(
  { client, gateway }: { client: PublicClient; gateway: Address },
  query: PaymentQuery,
  span: Span,
) {
  // viem refuses addresses in odd letter cases, and compares what it got with what it asked for letter by letter.
  const args = { sessionId: query.onChainId.toLowerCase() as Hex, merchant: lower(query.merchant) };
  const logs = await client.getLogs({ address: gateway, event: paid, args, ...span, strict: true });
  return logs.filter((log) => lower(log.args.token) === lower(query.token));
}

async function timesOf(client: PublicClient, blocks: ReadonlySet<bigint>): Promise<Map<bigint, number>> {
  return new Map(await Promise.all([...blocks].map(async (block) => [block, await timeOf(client, block)] as const)));
}

/** Amounts can be larger than any Number. */
const descending = (a: bigint, b: bigint): number => (a === b ? 0 : a < b ? 1 : -1);

const lower = (address: Address) => address.toLowerCase() as Address;
