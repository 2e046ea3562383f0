import type pg from "pg";
import type { Db } from "../../../db.ts";
import type { Absent, Bought, NumberOrder, Refused, Unknown } from "../../phone.ts";
import { takeFault } from "./faults.ts";

const QUARANTINE_SEC = 24 * 3600;

export async function stock(pool: pg.Pool, { country, now }: { country: string; now: Date }): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    "select count(*)::int as count from carrier.number where country = $1 and held_by is null and free_from <= $2",
    [country, now],
  );
  return rows[0]?.count ?? 0;
}

export async function buyNumber(
  client: pg.ClientBase,
  { reference, country }: NumberOrder,
  now: Date,
): Promise<Bought | Refused | Unknown> {
  const fault = await takeFault(client, "buy", [reference, country]);
  if (fault === "silent_before") return { kind: "unknown" };
  if (fault === "refused") return { kind: "refused", reason: "not_sold" };
  const before = await findPurchase(client, reference);
  if (before.kind === "bought") return before;
  const taken = fault === "out_of_stock" ? undefined : await takeNumber(client, { reference, country }, now);
  if (taken === undefined) return { kind: "refused", reason: "out_of_stock" };
  return fault === "silent_after" ? { kind: "unknown" } : { kind: "bought", phoneNumber: taken };
}

async function takeNumber(
  client: pg.ClientBase,
  { reference, country }: NumberOrder,
  now: Date,
): Promise<string | undefined> {
  const { rows } = await client.query<{ phone_number: string }>(
    `update carrier.number set held_by = $1 where phone_number = (
       select phone_number from carrier.number where country = $2 and held_by is null and free_from <= $3
       order by phone_number limit 1 for update skip locked)
     returning phone_number`,
    [reference, country, now],
  );
  const phoneNumber = rows[0]?.phone_number;
  if (phoneNumber !== undefined)
    await client.query("insert into carrier.purchase (reference, phone_number, bought_at) values ($1, $2, $3)", [
      reference,
      phoneNumber,
      now,
    ]);
  return phoneNumber;
}

export async function findPurchase(client: pg.ClientBase, reference: string): Promise<Bought | Absent> {
  const { rows } = await client.query<{ phone_number: string }>(
    "select phone_number from carrier.purchase where reference = $1",
    [reference],
  );
  return rows[0] ? { kind: "bought", phoneNumber: rows[0].phone_number } : { kind: "absent" };
}

export async function release(db: Db, number: { reference: string; phoneNumber: string }, now: Date): Promise<void> {
  const { reference, phoneNumber } = number;
  const isSilent = await db.transaction(async (client) => {
    const fault = await takeFault(client, "release", [reference, phoneNumber]);
    await client.query(
      "update carrier.number set held_by = null, free_from = $3 where phone_number = $1 and held_by = $2",
      [phoneNumber, reference, new Date(now.getTime() + QUARANTINE_SEC * 1000)],
    );
    return fault === "silent";
  });
  if (isSilent) throw new Error("the carrier gave no answer");
}
