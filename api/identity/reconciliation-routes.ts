import { Hono } from "hono";
import { nowSec } from "../clock.ts";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import { unlessThereIsNone } from "../ledger/reconciliation/measure.ts";
import { type Difference, type Reconciliation, reconcile } from "../ledger/reconciliation/reconcile.ts";
import { dollarsOf } from "../prices.ts";
import { admitOperator } from "./operator.ts";

/** `/reconciliation` under /api/v1/operator: whether the ledger and the chain agree, as of now. */
export function reconciliationRoutes(deps: Pick<Deps, "db" | "clock" | "operatorToken" | "receiver">): Hono {
  const routes = new Hono();
  routes.get("/reconciliation", async (c) => {
    if (deps.operatorToken === undefined) throw new ApiError("not_found");
    admitOperator(deps, c.req.header("authorization"));
    const moment = { nowSec: nowSec(deps.clock), finalBlocks: deps.receiver?.chain.finalBlocks };
    const found = await unlessThereIsNone(reconcile(deps.db.pool, moment));
    if (!found) throw new ApiError("not_ready", { message: "There is no index yet.", retryAfterSec: 5 });
    c.header("Cache-Control", "no-store");
    return c.json(bodyOf(found));
  });
  return routes;
}

/** Errors come first. */
const MOST_TOLD = 1_000;

const bodyOf = ({ chains, escrowMicroUsd, differences, errors, errorMicroUsd }: Reconciliation) => ({
  success: true,
  is_balanced: errors === 0,
  errors,
  difference_usd: dollarsOf(errorMicroUsd),
  difference_micro_usd: errorMicroUsd.toString(),
  escrow_micro_usd: escrowMicroUsd.toString(),
  chains: chains.map(({ chainId, headBlock, settled, posted, refunded }) => ({
    chain_id: chainId,
    asset: "USDC",
    indexed_to_block: headBlock?.toString() ?? null,
    settled_micro_usd: settled.toString(),
    posted_micro_usd: posted.toString(),
    refunded_micro_usd: refunded.toString(),
  })),
  differences: differences.slice(0, MOST_TOLD).map(differenceBody),
});

const differenceBody = ({ kind, status, amountMicroUsd, chainId, payer, what }: Difference) => ({
  kind,
  status,
  amount_usd: dollarsOf(amountMicroUsd),
  amount_micro_usd: amountMicroUsd.toString(),
  chain_id: chainId ?? null,
  payer: payer ?? null,
  what,
});
