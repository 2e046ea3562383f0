import { z } from "zod";
import { noteAudit } from "../../audit.ts";
import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { readFields } from "../../providers/phone/fields.ts";
import type { JsonObject } from "../../sale.ts";

export const SWITCHES = ["codes", "texts", "lines"] as const;
export type Switch = (typeof SWITCHES)[number];

type SwitchDeps = Pick<Deps, "db" | "clock">;

/** @throws ApiError not_found */
export function switchOf(product: string): Switch {
  const known = SWITCHES.find((one) => one === product);
  if (!known) throw new ApiError("not_found", { message: `There are switches for ${SWITCHES.join(", ")}.` });
  return known;
}

const shape = z.object({ paused: z.boolean("must be true or false") });

/**
 * Pauses a sale, or takes it up again. When this is done no process sells any more: what is being sold is waited for.
 * Codes that were bought go on; texts and lines that the carrier was not asked for yet are credited.
 *
 * @throws ApiError invalid_field
 */
export async function setSale({ db, clock }: SwitchDeps, product: Switch, body: unknown): Promise<JsonObject> {
  const { paused } = readFields(shape, body);
  const at = new Date(clock.nowMs());
  await db.transaction(async (client) => {
    await client.query("select pg_advisory_xact_lock(hashtextextended('sale of ' || $1, 0))", [product]);
    await client.query(
      `insert into app.sales_switch (product, is_paused, changed_at) values ($1, $2, $3)
       on conflict (product) do update set is_paused = $2, changed_at = $3`,
      [product, paused, at],
    );
    await noteAudit(client, { at, actor: "operator", action: "sale_switched", facts: { product, paused } });
  });
  return { success: true, product, paused, changed_at: at.toISOString() };
}

export async function saleOf({ db }: SwitchDeps, product: Switch): Promise<JsonObject> {
  const { rows } = await db.pool.query<{ is_paused: boolean; changed_at: Date }>(
    "select is_paused, changed_at from app.sales_switch where product = $1",
    [product],
  );
  const { is_paused: paused = false, changed_at: changedAt } = rows[0] ?? {};
  return { success: true, product, paused, changed_at: changedAt?.toISOString() ?? null };
}
