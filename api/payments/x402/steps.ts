import type { Hex } from "viem";
import { nowSec } from "../../clock.ts";
import { isOutage } from "../../db.ts";
import type { FoundSettlement, IndexedSettlement } from "../../indexed.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";
import { type JsonObject, NotYet, type Order, orNotYet } from "../../sale.ts";
import type { PaidOrder, Progress } from "./order.ts";
import type { Ports, Run, Step } from "./ports.ts";

/** A block that was mined before an authorization ended may come back in a reorg a little later. */
const REORG_SEC = 30;
/** How often a settlement that can still be taken back is looked at, and an authorization that somebody else may use. */
const WATCH_MS = 15_000;
const WATCHES_MS = [WATCH_MS, 60_000, 300_000] as const;
const BACKOFF_MS = { first: 1_000, longest: 60_000 };
/** Half a minute goes by in so many looks. */
const LOOKS_UNTIL_RESENT = 6;
/** Looks that are as far apart as each other, before they get rarer. */
const ALIKE = 4;

/** Settles, and waits for the chain to say so, by the index or by the transaction itself: nobody else's word counts. */
export async function settlingStep(ports: Ports, order: PaidOrder, run: Run): Promise<Step> {
  const step = await settling(ports, order, run);
  return run.isFresh ? step : unlessRefunded(ports, order, step);
}

async function settling(ports: Ports, order: PaidOrder, run: Run): Promise<Step> {
  if (!run.isFresh) {
    const known = seen(ports, order, await ports.look(order));
    if (known) return known;
  }
  const { reason, txHash } = await settled(ports, order);
  if (reason && reason !== "already_used") {
    const change = { state: "refused", reason, looks: 0, dueAtMs: inMs(ports, WATCH_MS) } as const;
    return seen(ports, order, await ports.look(order)) ?? { change, rests: true };
  }
  return (await awaited(ports, order, { ...run, txHash })) ?? later(ports, order, { reason, txHash });
}

/** Why nothing was moved, if that is certain; or the transaction that is said to have moved it. */
type Sent = { reason?: Reason | undefined; txHash?: Hex | undefined };

/** A used authorization is not sent again and again at our cost, nor one that is said to have landed. */
async function settled(ports: Ports, order: PaidOrder): Promise<Sent> {
  if (order.reason === "already_used") return { reason: order.reason };
  if (nowSec(ports.clock) >= order.validBeforeSec) return {};
  const isEarly = order.looks % LOOKS_UNTIL_RESENT !== 0;
  if (order.txHash && isEarly) return { txHash: order.txHash };
  const outcome = await ports.settle(order);
  if (outcome.ok === false) return { reason: outcome.reason };
  return outcome.ok === true ? { txHash: outcome.txHash } : {};
}

/** Fulfils. What is thrown says whether the payer has to wait or gets his money credited. */
export async function settledStep(ports: Ports, order: PaidOrder): Promise<Step> {
  const sale = ports.saleOf(order.saleId);
  // Another process may sell it, or this one again: nobody is credited for what may be on its way.
  if (!sale) return later(ports, order);
  try {
    const creditedTo = await orNotYet(async () => sale.creditedTo?.(asSold(order)));
    const answer = await sale.fulfil(asSold(order));
    const owned = creditedTo === undefined ? {} : { creditedTo };
    return { change: { state: "fulfilled", answer, ...owned, ...watched(ports) }, rests: true };
  } catch (error) {
    if (error instanceof NotYet) {
      // It was not the supplier who left the outcome open, but a fault of ours.
      if (error.cause !== undefined && !isOutage(error.cause)) ports.failed(order, error.cause);
      return later(ports, order, { leastMs: error.retryAfterSec * 1000 });
    }
    // Our own database was away: what came of it is as unknown as if we had crashed.
    if (isOutage(error)) return later(ports, order);
    ports.failed(order, error);
    return { change: { state: "credited", reason: "provider_failed", ...watched(ports) }, rests: true };
  }
}

/** Somebody else may settle what we could not: nobody is charged for nothing. */
export async function refusedStep(ports: Ports, order: PaidOrder): Promise<Step> {
  const found = await ports.look(order);
  const isHere = found.settlement !== undefined && found.settlement.amount > 0n;
  const isReturned = isHere && (await ports.isRefunded(order));
  if (found.settlement && isHere && !isReturned) return credited(ports, found.settlement, "refused");
  // Whatever gave it back may be taken back by a reorg as well.
  if (isReturned ? found.isFinal : isOver(order, found))
    return { change: { state: "expired", isFinal: true, dueAtMs: undefined }, rests: true };
  return { change: watchedOn(ports, order), rests: true };
}

/** Until no reorg can take the payment back, somebody makes sure that it is still there. */
export async function settlementStep(ports: Ports, order: PaidOrder): Promise<Step> {
  if (order.isFinal) return { change: {}, rests: true };
  const found = await ports.look(order);
  if (found.settlement) {
    const { txHash, amount } = found.settlement;
    // In place of what a reorg took, there is another authorization of the same nonce on chain, for another amount.
    if (amount !== order.settledMicroUsd) return revoked(ports);
    if (found.isFinal) return { change: { txHash, isFinal: true, dueAtMs: undefined }, rests: true };
    return { change: { txHash, ...watchedOn(ports, order) }, rests: true };
  }
  if (isOver(order, found)) return revoked(ports);
  if (nowSec(ports.clock) < order.validBeforeSec) await ports.settle(order);
  return later(ports, order);
}

/** What was sold is taken back first; then the payer gets credited what he paid all the same, if anything. */
export async function revokedStep(ports: Ports, order: PaidOrder): Promise<Step> {
  if (order.isFinal) return { change: {}, rests: true };
  const sale = ports.saleOf(order.saleId);
  if (!sale) return later(ports, order);
  if (order.answer) await sale.revoke?.(asSold(order));
  const found = await ports.look(order);
  if (found.settlement && found.settlement.amount > 0n) {
    if (!(await ports.isRefunded(order))) return credited(ports, found.settlement, "amount_mismatch");
    if (!found.isFinal) return later(ports, order);
    return { change: { isFinal: true, dueAtMs: undefined }, rests: true };
  }
  if (isOver(order, found)) return { change: { isFinal: true, dueAtMs: undefined }, rests: true };
  return later(ports, order);
}

/** Recorded before anything is taken back: a crash between the two must not leave it looking sold. */
const revoked = (ports: Ports): Step => ({
  change: { state: "revoked", reason: "reorg", looks: 0, dueAtMs: inMs(ports, 0) },
  rests: false,
});

type Wait = Pick<Run, "patienceMs"> & Pick<Sent, "txHash">;

async function awaited(ports: Ports, order: PaidOrder, { patienceMs, txHash }: Wait): Promise<Step | undefined> {
  const over = new AbortController();
  const timeUp = ports.clock.sleep(patienceMs, over.signal).then(() => over.abort());
  try {
    // The chain is asked for the transaction once; if that was too early, the index is soon enough.
    for (let reportedTxHash = txHash; ; reportedTxHash = undefined) {
      // Listening starts before looking, or what comes between the two would be noticed late.
      const news = ports.news(over.signal);
      const known = seen(ports, order, await ports.look(order, reportedTxHash));
      if (known || patienceMs <= 0 || over.signal.aborted) return known;
      await Promise.race([news, timeUp]);
    }
  } finally {
    over.abort();
  }
}

/** What the operator has given back buys nothing more, and is not owed once more. */
async function unlessRefunded(ports: Ports, order: PaidOrder, step: Step): Promise<Step> {
  const { state } = step.change;
  if ((state !== "settled" && state !== "credited") || !(await ports.isRefunded(order))) return step;
  return { change: { state: "refused", reason: "already_used", ...watched(ports) }, rests: true };
}

/** What a look at the index changes; undefined, when it cannot tell yet. */
function seen(ports: Ports, order: PaidOrder, found: FoundSettlement): Step | undefined {
  const { settlement } = found;
  if (settlement?.amount === order.priceMicroUsd) {
    const { txHash, amount } = settlement;
    return {
      change: {
        state: "settled",
        reason: undefined,
        txHash,
        settledMicroUsd: amount,
        looks: 0,
        dueAtMs: inMs(ports, 0),
      },
      rests: false,
    };
  }
  // The payer signed the same nonce twice, for another amount.
  if (settlement && settlement.amount > 0n) return credited(ports, settlement, "amount_mismatch");
  if (!isOver(order, found)) return undefined;
  return { change: { state: "expired", isFinal: true, dueAtMs: undefined }, rests: true };
}

function credited(ports: Ports, { txHash, amount }: IndexedSettlement, reason: Progress["reason"]): Step {
  const settled = { txHash, settledMicroUsd: amount };
  return { change: { state: "credited", reason, ...settled, ...watched(ports) }, rests: true };
}

/** The authorization has ended, and the index knows that it was not used in time, or only for nothing. */
const isOver = (order: PaidOrder, { knownToSec }: FoundSettlement): boolean =>
  knownToSec !== undefined && knownToSec > order.validBeforeSec + REORG_SEC;

type Delay = Sent & { leastMs?: number };

/** Who has looked so often without news looks again after this. */
export const backoffMs = (looks: number): number =>
  Math.min(BACKOFF_MS.longest, BACKOFF_MS.first * 2 ** Math.min(looks, 10));

function later(ports: Ports, { looks, ...order }: PaidOrder, { leastMs = 0, ...sent }: Delay = {}): Step {
  const dueAtMs = inMs(ports, Math.max(leastMs, backoffMs(looks)));
  const told = { reason: sent.reason ?? order.reason, txHash: sent.txHash ?? order.txHash };
  return { change: { ...told, looks: looks + 1, dueAtMs }, rests: true };
}

const watched = (ports: Ports) => ({ looks: 0, isFinal: false, dueAtMs: inMs(ports, WATCH_MS) });

/** The longer nothing happens, the less is to be expected. */
const watchedOn = (ports: Ports, { looks }: PaidOrder) => {
  const waitMs = WATCHES_MS[Math.min(WATCHES_MS.length - 1, Math.floor(looks / ALIKE))] as number;
  return { looks: looks + 1, dueAtMs: inMs(ports, waitMs) };
};

const inMs = ({ clock }: Ports, ms: number): number => clock.nowMs() + ms;

const asSold = ({ id, payer, chainId, input, priceMicroUsd }: PaidOrder): Order & { input: JsonObject } => ({
  id,
  payer,
  chainId,
  input,
  priceMicroUsd,
});
