import type { Address, PublicClient, TransactionReceipt } from "viem";
import { usdcAbi } from "../../../contracts/abi.ts";
import { type Clock, within } from "../../clock.ts";
import type { Settled } from "../facilitator.ts";
import type { Sender } from "./sender.ts";
import { type Contracts, isIn, type Transfer, transactionOf } from "./transfer.ts";

export type BatcherDeps = Contracts & {
  readonly sender: Sender;
  readonly client: PublicClient;
  readonly clock: Clock;
};

export type Batcher = { settle(transfer: Transfer): Promise<Settled>; close(): Promise<void> };

/** Below the limit of 2^24 gas that a transaction has, also with the longest signatures that are taken. */
export const MOST_IN_BATCH = 40;
/** Whoever waits is told by then; the transaction is watched on. */
const ANSWER_MS = 20_000;
/** The receiver is paused, or takes no batches for another reason: so long everybody goes alone. */
const ALONE_MS = 60_000;

type Waiting = { readonly transfer: Transfer; tell(outcome: Settled): void };

/**
 * Settles at once what comes alone; what comes while a transaction is being sent goes together with the next one, so
 * that a crowd pays for fewer transactions and nobody waits for company.
 */
export function createBatcher(deps: BatcherDeps): Batcher {
  const queue: Waiting[] = [];
  const running = new Map<string, Promise<Settled>>();
  let isSending = false;
  let aloneUntilMs = 0;

  const pump = async () => {
    if (isSending) return;
    isSending = true;
    while (queue.length > 0) {
      const isAlone = deps.clock.nowMs() < aloneUntilMs;
      const batch = queue.splice(0, isAlone ? 1 : MOST_IN_BATCH);
      // One that cannot even be written down must not stop all that come after it.
      await send(batch).catch(() => tellAll(batch, { ok: "unknown" }));
    }
    isSending = false;
  };
  const send = async (batch: Waiting[]) => {
    const sent = await deps.sender.send(
      transactionOf(
        batch.map(({ transfer }) => transfer),
        deps,
      ),
    );
    if (!sent) return tellAll(batch, { ok: "unknown" });
    // Nobody waits for the receipt to send the next one.
    void sent.mined.then((receipt) => conclude(batch, receipt));
  };
  const conclude = async (batch: Waiting[], receipt: TransactionReceipt | undefined) => {
    if (!receipt) return tellAll(batch, { ok: "unknown" });
    if (receipt.status === "reverted" && batch.length > 1) {
      aloneUntilMs = deps.clock.nowMs() + ALONE_MS;
      queue.push(...batch);
      return pump();
    }
    for (const { transfer, tell } of batch) void judge(deps, transfer, receipt).then(tell);
  };
  return {
    settle: (transfer) => {
      const key = `${transfer.from}|${transfer.nonce}`.toLowerCase();
      const known = running.get(key);
      if (known) return patient(known);
      const { promise, resolve } = Promise.withResolvers<Settled>();
      running.set(key, promise);
      void promise.then(() => running.delete(key));
      queue.push({ transfer, tell: resolve });
      void pump();
      return patient(promise);
    },
    close: () => deps.sender.close(),
  };
}

const tellAll = (batch: readonly Waiting[], outcome: Settled) => {
  for (const { tell } of batch) tell(outcome);
};

const patient = (settled: Promise<Settled>): Promise<Settled> =>
  within(ANSWER_MS, settled).catch(() => ({ ok: "unknown" }) as const);

/** A payment that is not in its transaction was refused by USDC: used before, or not covered any more. */
async function judge(deps: BatcherDeps, transfer: Transfer, receipt: TransactionReceipt): Promise<Settled> {
  if (isIn(receipt, transfer, deps)) return { ok: true, txHash: receipt.transactionHash };
  const args = [transfer.from, transfer.nonce] as const;
  const call = { address: deps.usdc as Address, abi: usdcAbi, functionName: "authorizationState", args } as const;
  try {
    return { ok: false, reason: (await deps.client.readContract(call)) ? "already_used" : "refused" };
  } catch {
    return { ok: "unknown" };
  }
}
