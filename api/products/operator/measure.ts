import { Gauge } from "prom-client";
import type { Deps } from "../../deps.ts";
import { SWITCHES } from "./sales.ts";

/** Looks when it is run, and keeps what it saw for `/metrics`: which sales are paused, and how many costs are unknown. */
export function measureSales({ db, metrics }: Pick<Deps, "db" | "metrics">): () => Promise<void> {
  const registers = [metrics.registry];
  const paused = new Gauge({
    name: "turnpike_sales_paused",
    help: "1 while the operator has paused the sale of a product",
    labelNames: ["product"] as const,
    registers,
  });
  const unknown = new Gauge({
    name: "turnpike_carrier_costs_unknown",
    help: "Texts and lines of which the carrier is still to be asked what it took",
    registers,
  });
  return async () => {
    const [switches, waiting] = await Promise.all([
      db.pool.query<{ product: string }>("select product from app.sales_switch where is_paused"),
      db.pool.query<{ n: number }>(
        "select count(*)::int as n from app.carrier_call where cost_due_at is not null and state = 'done'",
      ),
    ]);
    const off = new Set(switches.rows.map(({ product }) => product));
    for (const product of SWITCHES) paused.set({ product }, off.has(product) ? 1 : 0);
    unknown.set(waiting.rows[0]?.n ?? 0);
  };
}
