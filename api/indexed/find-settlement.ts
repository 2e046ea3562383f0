import type { Address } from "viem";
import type { ReceiverChain } from "../../contracts/chains.ts";
import { within } from "../clock.ts";
import type { FoundSettlement, IndexedSettlement, SettlementQuery } from "../indexed.ts";
import { fromIndex, isFresh, knownByIndex, knownByNode, type Room, rangeAfter } from "./room.ts";
import { readSettlement } from "./rows.ts";
import { settlementIn, settlementLogs } from "./settlement-logs.ts";

type Known = { settlement: IndexedSettlement | undefined; head: bigint; knownToSec: number | undefined };

export async function findSettlement(
  room: Room<ReceiverChain>,
  receiver: { address: Address; startBlock: bigint },
  query: SettlementQuery,
): Promise<FoundSettlement> {
  const index = await fromIndex(room, readSettlement(room.deps.pool, room.chain.id, query));
  const judged = (known: Known) => withConfirmations(room.chain, query, known);
  const reported = index?.settlement ? undefined : await reportedSettlement(room, receiver.address, query);
  // What the index knows of a block goes before what a node says: the two may be on different sides of a reorg.
  if (reported && !(index && index.checkpoint.block >= reported.blockNumber))
    return judged({ settlement: reported, head: reported.blockNumber, knownToSec: undefined });
  if (index && (await isFresh(room, index.checkpoint))) {
    const { settlement, checkpoint } = index;
    return judged({ settlement, head: checkpoint.block, knownToSec: knownByIndex(room, checkpoint) });
  }

  const indexed = index?.settlement;
  const final = indexed && indexed.blockNumber <= index.checkpoint.finalBlock ? indexed : undefined;
  const range = rangeAfter(receiver.startBlock, index?.checkpoint);
  const read = await room.nodes.read(range, settlementLogs(room.chain, receiver.address, query));
  if (read) {
    const knownToSec = knownByNode(room, read.headSec);
    return judged({ settlement: final ?? read.found, head: read.head, knownToSec });
  }
  // An authorization is used once: what was found is all that there will ever be.
  return judged({ settlement: indexed, head: index?.checkpoint.block ?? 0n, knownToSec: undefined });
}

/** Longer than the index takes to come to a block, nobody waits for a node that may be away. */
const REPORTED_MS = 500;

/** Nothing is asked that cannot be enough: with its own block alone it has no confirmations. */
async function reportedSettlement(
  { chain, nodes }: Room<ReceiverChain>,
  receiver: Address,
  { reportedTxHash, ...query }: SettlementQuery,
): Promise<IndexedSettlement | undefined> {
  if (!reportedTxHash || query.confirmations) return undefined;
  const read = nodes.fetch(settlementIn(chain, receiver, { ...query, reportedTxHash }));
  return within(REPORTED_MS, read).catch(() => undefined);
}

function withConfirmations(
  { finalBlocks }: ReceiverChain,
  { confirmations = 0 }: SettlementQuery,
  { settlement, head, knownToSec }: Known,
): FoundSettlement {
  if (!settlement) return { settlement, knownToSec, isFinal: false };
  const depth = head - settlement.blockNumber;
  if (depth >= confirmations) return { settlement, knownToSec, isFinal: depth >= finalBlocks };
  // It is on the chain all the same: nobody may conclude that it is not.
  const before = knownToSec === undefined ? undefined : Math.min(knownToSec, settlement.blockTime - 1);
  return { settlement: undefined, knownToSec: before, isFinal: false };
}
