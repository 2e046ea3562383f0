import { isOutage } from "../../db.ts";
import type { Deps } from "../../deps.ts";
import { CODE_ORDERS } from "../../limits.ts";
import type { OtpBought } from "../../providers/otp.ts";
import { purchaseAnswer } from "./answers.ts";
import { type EndDeps, endOrder } from "./end.ts";
import type { Activation, CodeOrder, NewOrder } from "./order.ts";
import { findOrder, keepSold, keepStray } from "./orders.ts";
import { patiently } from "./patience.ts";

export type BuyDeps = EndDeps & Pick<Deps, "publicUrl" | "stopping">;

/** An order whose price is set aside; `balanceMicroUsd` is what that left. */
export type HeldOrder = CodeOrder & Pick<NewOrder, "costMicroUsd"> & { readonly balanceMicroUsd: bigint };

const UNKNOWN = { kind: "unknown" } as const;

/**
 * Asks the supplier once: its protocol has no reference of ours, so nobody can ask whether an earlier attempt bought
 * something. What is not known in time is given up, and what comes later goes back.
 */
export async function buyNumber(deps: BuyDeps, held: HeldOrder): Promise<CodeOrder> {
  const { service, country, costMicroUsd: maxCostMicroUsd, priceMicroUsd: mostCostMicroUsd } = held;
  const buying = deps.otp.buy({ service, country, maxCostMicroUsd, mostCostMicroUsd });
  const bought: OtpBought = await patiently(deps.clock, { ms: CODE_ORDERS.buyMs, otherwise: UNKNOWN }, buying);
  if (bought.kind === "bought") return keptSurely(deps, held, bought);
  if (bought.kind === "unknown") {
    void keepLate(deps, held, buying);
    return (await endOrder(deps, held, { state: "failed", reason: "no_answer", isLost: true })) ?? now(deps, held);
  }
  const { reason } = bought;
  // Nothing that the buyer could mend.
  if (reason !== "no_numbers" && reason !== "price_rose")
    deps.log.error({ orderId: held.id, service, country, reason }, "the supplier of codes sells us nothing");
  return (await endOrder(deps, held, { state: "failed", reason })) ?? now(deps, held);
}

const now = async ({ db }: BuyDeps, { id }: CodeOrder): Promise<CodeOrder> =>
  (await findOrder(db.pool, id)) as CodeOrder;

/** Nobody waits for it any more, and it must not be forgotten. */
async function keepLate(deps: BuyDeps, held: HeldOrder, buying: Promise<OtpBought>): Promise<void> {
  const late = await buying.catch(() => UNKNOWN);
  // What goes wrong with it is in the log.
  if (late.kind === "bought") await keptSurely(deps, held, late).catch(() => undefined);
}

const TRIES = 10;
const AGAIN_MS = 1_000;

/**
 * A number that is not on record is lost, so a database that is away for a moment is waited for. After that the worker
 * gives the order up.
 */
async function keptSurely(deps: BuyDeps, held: HeldOrder, activation: Activation): Promise<CodeOrder> {
  for (let tries = 1; ; tries++) {
    try {
      return await keep(deps, held, activation);
    } catch (error) {
      if (!isOutage(error) || tries === TRIES || deps.stopping.aborted) {
        const { activationId } = activation;
        deps.log.error({ orderId: held.id, activationId, err: error }, "a number is lost at the supplier");
        throw error;
      }
    }
    await deps.clock.sleep(AGAIN_MS, deps.stopping);
  }
}

/** The time for the code begins when the number is on record. An order that was given up meanwhile owes it back. */
async function keep(deps: BuyDeps, held: HeldOrder, activation: Activation): Promise<CodeOrder> {
  const { db, clock, publicUrl } = deps;
  const { activationId, phoneNumber, costMicroUsd } = activation;
  const nowMs = clock.nowMs();
  const expiresAtMs = nowMs + held.timeoutSec * 1000;
  const answer = purchaseAnswer(publicUrl, { ...held, order: held, activation, expiresAtMs });
  const dueAtMs = nowMs + (CODE_ORDERS.pollSec[0]?.everySec ?? 1) * 1000;
  const sold = await keepSold(db.pool, held.id, {
    activationId,
    phoneNumber,
    costMicroUsd,
    answer,
    expiresAtMs,
    dueAtMs,
  }).catch(soldBefore);
  if (sold === "sold before") return refuse(deps, held, activationId);
  if (sold) return sold;
  await keepStray(db.pool, held.id, { activationId, phoneNumber, costMicroUsd, dueAtMs: nowMs });
  return now(deps, held);
}

/** @throws what went wrong, if that was something else */
function soldBefore(error: unknown): "sold before" {
  if ((error as { constraint?: unknown }).constraint !== "code_order_activation") throw error;
  return "sold before";
}

/** Nobody's number is sold to a second buyer, and it is not given back either. */
async function refuse(deps: BuyDeps, held: HeldOrder, activationId: string): Promise<CodeOrder> {
  deps.log.error(
    { orderId: held.id, activationId },
    "the supplier of codes sold a number that another order waits for",
  );
  return (await endOrder(deps, held, { state: "failed", reason: "failed" })) ?? now(deps, held);
}
