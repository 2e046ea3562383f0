import { type Hex, keccak256, type LocalAccount, type PublicClient, type TransactionReceipt } from "viem";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { causeOf } from "./cause.ts";
import type { Fees, FeesDeps } from "./fees.ts";
import { minedReceipt } from "./receipts.ts";
import type { Transaction } from "./transfer.ts";

/** Sends from one account, whose transactions have to be numbered without gaps, from any number of processes. */
export type Sender = {
  /** Undefined: it is not known that it was sent. `mined` never rejects; undefined, when it was given up. */
  send(transaction: Transaction): Promise<{ mined: Promise<TransactionReceipt | undefined> } | undefined>;
  close(): Promise<void>;
};

export type SenderDeps = Pick<FeesDeps, "maxFeeWei"> & {
  readonly client: PublicClient;
  readonly account: LocalAccount;
  readonly chainId: number;
  readonly fees: () => Promise<Fees>;
  readonly db: Pick<Db, "transaction">;
  readonly clock: Clock;
  readonly log: { warn(fields: object, message: string): void };
};

/** A transaction that no block took for so long is sent again for more. */
const STUCK_MS = 10_000;
/** Each time for so much more; nodes want a tenth at least. */
const BUMP_PERCENT = 130n;
const MOST_BUMPS = 8;
/** Something of ours has been waiting in front of us since then. */
type Standstill = { transactionCount: number; sinceMs: number };

export function createSender(deps: SenderDeps): Sender {
  const { client, account, clock, log, fees } = deps;
  const closing = new AbortController();
  let standstill: Standstill | undefined;

  /** The next number, or the one that holds up all others: it is replaced, and who lost his place is settled again. */
  const nextNumber = async (): Promise<{ number: number; bumps: number }> => {
    const [pending, latest] = await Promise.all([
      client.getTransactionCount({ address: account.address, blockTag: "pending" }),
      client.getTransactionCount({ address: account.address, blockTag: "latest" }),
    ]);
    if (pending <= latest) standstill = undefined;
    else if (standstill?.transactionCount !== latest) standstill = { transactionCount: latest, sinceMs: clock.nowMs() };
    else if (clock.nowMs() - standstill.sinceMs > 3 * STUCK_MS) return { number: latest, bumps: 3 };
    return { number: pending, bumps: 0 };
  };
  const broadcast = async (transaction: Transaction, number: number, bumps: number): Promise<Hex> => {
    const signed = await sign(deps, { transaction, number, fees: raised(await fees(), bumps, deps.maxFeeWei) });
    await client.sendRawTransaction({ serializedTransaction: signed }).catch((error: unknown) => {
      if (!/already known|already imported/i.test(String(error))) throw error;
    });
    return keccak256(signed);
  };
  const attempt = async (transaction: Transaction) => {
    const { number, bumps } = await nextNumber();
    return { number, hashes: [await broadcast(transaction, number, bumps)] };
  };
  // A node that did not know of the last transaction yet.
  const tryAgain = (transaction: Transaction, error: unknown) => {
    if (/nonce|underpriced/i.test(String(error))) return attempt(transaction);
    throw error;
  };
  const watch = async (transaction: Transaction, { number, hashes }: { number: number; hashes: Hex[] }) => {
    for (let bumps = 1; bumps <= MOST_BUMPS && !closing.signal.aborted; bumps++) {
      const receipt = await minedReceipt({ client, clock }, { hashes, waitMs: STUCK_MS, signal: closing.signal });
      if (receipt) return receipt;
      const again = await broadcast(transaction, number, bumps).catch(() => undefined);
      if (again) hashes.push(again);
    }
    return undefined;
  };
  return {
    send: async (transaction) => {
      try {
        const sent = await inTurn(deps, () => attempt(transaction).catch((error) => tryAgain(transaction, error)));
        return { mined: watch(transaction, sent).catch(() => undefined) };
      } catch (error) {
        log.warn({ cause: causeOf(error) }, "a settlement could not be sent");
        return undefined;
      }
    },
    close: async () => closing.abort(),
  };
}

/** Reading the number and using it is one act, in all processes that settle with this key. */
function inTurn<T>({ db, account, chainId }: SenderDeps, act: () => Promise<T>): Promise<T> {
  return db.transaction(async (connection) => {
    const key = `x402 settler ${chainId} ${account.address}`;
    await connection.query({
      name: "x402-settler",
      text: "select pg_advisory_xact_lock(hashtextextended($1, 0))",
      values: [key],
    });
    return act();
  });
}

type Signing = { transaction: Transaction; number: number; fees: Fees };

const sign = ({ account, chainId }: SenderDeps, { transaction, number, fees }: Signing): Promise<Hex> =>
  account.signTransaction({ ...transaction, ...fees, nonce: number, chainId, type: "eip1559" });

/** Never above what the operator pays at most: what is stuck then waits for gas to become cheaper. */
const raised = (fees: Fees, bumps: number, maxFeeWei: bigint): Fees => {
  const raise = (wei: bigint) => {
    const raisedWei = (wei * BUMP_PERCENT ** BigInt(bumps)) / 100n ** BigInt(bumps) + BigInt(bumps);
    return raisedWei < maxFeeWei ? raisedWei : maxFeeWei;
  };
  return { maxFeePerGas: raise(fees.maxFeePerGas), maxPriorityFeePerGas: raise(fees.maxPriorityFeePerGas) };
};
