import type { Address } from "viem";
import type { Found, IndexedPayment, PaymentQuery } from "../indexed.ts";
import { paymentLogs } from "./payment-logs.ts";
import { fromIndex, isFresh, knownByIndex, knownByNode, type Room, rangeAfter } from "./room.ts";
import { readPayments } from "./rows.ts";

export async function findPayments(
  room: Room,
  gateway: { address: Address; startBlock: bigint },
  query: PaymentQuery,
): Promise<Found> {
  const index = await fromIndex(room, readPayments(room.deps.pool, room.chain.id, query));
  const settled = (payments: readonly IndexedPayment[], head: bigint) =>
    payments.filter(({ blockNumber }) => head - blockNumber >= room.chain.confirmations);
  if (index && (await isFresh(room, index.checkpoint)))
    return {
      payments: settled(index.payments, index.checkpoint.block),
      knownToSec: knownByIndex(room, index.checkpoint),
    };

  const final = index?.payments.filter(({ blockNumber }) => blockNumber <= index.checkpoint.finalBlock) ?? [];
  const range = rangeAfter(gateway.startBlock, index?.checkpoint);
  const read = await room.nodes.read(range, paymentLogs(gateway.address, query));
  if (read) {
    const payments = settled([...final, ...read.found], read.head);
    return { payments, knownToSec: knownByNode(room, read.headSec) };
  }
  // A bound id is paid once: what was found is all that there will ever be.
  const kept = isBound(query.onChainId) ? (index?.payments ?? []) : final;
  return { payments: index ? settled(kept, index.checkpoint.block) : [], knownToSec: undefined };
}

const isBound = (onChainId: PaymentQuery["onChainId"]): boolean => !onChainId.startsWith("0x00000000");
