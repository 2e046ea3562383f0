import pg from "pg";
import { inject } from "vitest";
import { systemClock } from "../../api/clock.ts";
import {
  type Found,
  type Indexed,
  type IndexedPayment,
  type IndexedReceiver,
  openIndexed,
  type PaymentQuery,
} from "../../api/indexed.ts";
import { avalanche, base } from "../../contracts/chains.ts";
import { freshDatabase } from "../support/database.ts";
import type { TestBase } from "./base.ts";
import { MERCHANT, type NativePayment, PAYER, type TestChain } from "./chain.ts";

export type Door = Omit<Indexed, "findPayments"> & {
  find(query: PaymentQuery): Promise<Found>;
  /** What `find` finds, without how much it knows. */
  findPayments(query: PaymentQuery): Promise<IndexedPayment[]>;
  /** The clock that it sees is this far from the machine's. */
  shiftMs: number;
  warnings: string[];
  stop(): Promise<void>;
};

export type DoorOptions = {
  databaseUrl?: string;
  rpcUrls?: readonly string[];
  confirmations?: number;
  /** Any length by default: test chains mine on demand. */
  maxQuietSec?: number;
  /** Waits end by news alone and not by the tick. */
  tickless?: boolean;
  /** The receiver's chain, when there is one. */
  onBase?: Pick<TestBase, "receiver" | "rpcUrl">;
  baseUrls?: readonly string[];
  finalBlocks?: number;
};

/** `api/indexed.ts` as the API opens it; without a database of an indexer's, over an empty one. */
export async function openDoor({ rpcUrl, gateway }: TestChain, options: DoorOptions = {}): Promise<Door> {
  const databaseUrl = options.databaseUrl ?? (await freshDatabase(inject("pgUrl")));
  const pool = new pg.Pool({ connectionString: databaseUrl });
  pool.on("error", () => {});
  const warnings: string[] = [];
  const indexed = await openIndexed({
    pool,
    databaseUrl,
    chains: [
      {
        chain: {
          ...avalanche,
          confirmations: options.confirmations ?? 0,
          maxQuietSec: options.maxQuietSec ?? Number.POSITIVE_INFINITY,
        },
        rpcUrls: options.rpcUrls ?? [rpcUrl],
        gateway: { address: gateway.address, startBlock: BigInt(gateway.startBlock) },
      },
    ],
    receiver: options.onBase && receiverOf(options.onBase, options),
    clock: { nowMs: () => Date.now() + door.shiftMs, sleep: options.tickless ? untilAborted : systemClock.sleep },
    log: { warn: (_, message) => warnings.push(message) },
  });
  const door: Door = {
    ...indexed,
    find: indexed.findPayments,
    findPayments: async (query) => (await indexed.findPayments(query)).payments,
    shiftMs: 0,
    warnings,
    stop: async () => {
      await indexed.close();
      await pool.end();
    },
  };
  return door;
}

function receiverOf(
  { receiver, rpcUrl }: Pick<TestBase, "receiver" | "rpcUrl">,
  options: DoorOptions,
): IndexedReceiver {
  const { baseUrls = [rpcUrl], finalBlocks = base.finalBlocks, maxQuietSec = Number.POSITIVE_INFINITY } = options;
  return {
    chain: { ...base, finalBlocks, maxQuietSec },
    rpcUrls: baseUrls,
    address: receiver.address,
    startBlock: BigInt(receiver.startBlock),
  };
}

const untilAborted = (_ms: number, signal?: AbortSignal) =>
  new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));

export const native = (sessionId: NativePayment["sessionId"]): PaymentQuery => ({
  onChainId: sessionId,
  merchant: MERCHANT,
  token: "0x0000000000000000000000000000000000000000",
});

/** What the door must say of a mined payment, whichever way it knows. */
export async function told(
  { client }: TestChain,
  receipt: { transactionHash: IndexedPayment["txHash"]; blockNumber: bigint },
  amountGross: bigint,
): Promise<IndexedPayment> {
  const block = await client.getBlock({ blockNumber: receipt.blockNumber });
  return {
    txHash: receipt.transactionHash,
    logIndex: 0,
    payer: PAYER.address.toLowerCase() as IndexedPayment["payer"],
    merchant: MERCHANT,
    token: "0x0000000000000000000000000000000000000000",
    amountGross,
    blockNumber: receipt.blockNumber,
    blockTime: Number(block.timestamp),
  };
}
