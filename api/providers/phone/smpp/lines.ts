import type pg from "pg";
import type { Clock } from "../../../clock.ts";
import { DAY_MS } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { Absent, Bought, NumberOrder, Refused } from "../../phone.ts";
import type { OfferedLine } from "./numbers-file.ts";

export type LinesDeps = { db: Db; clock: Clock };

/** Makes what is on sale what the file says. Who holds a number that is gone from it keeps that. */
export async function offerLines({ db }: LinesDeps, lines: readonly OfferedLine[]): Promise<void> {
  const numbers = lines.map(({ phoneNumber }) => phoneNumber);
  await db.transaction(async (client) => {
    // Several processes may start at once.
    await client.query("select pg_advisory_xact_lock(hashtextextended('turnpike smpp lines', 0))");
    await client.query("update app.smpp_line set is_offered = false where is_offered and phone_number <> all($1)", [
      numbers,
    ]);
    await client.query(
      `insert into app.smpp_line (phone_number, country, monthly_micro_usd, is_offered)
       select *, true from unnest($1::text[], $2::text[], $3::numeric[])
       on conflict (phone_number) do update set is_offered = true, country = excluded.country,
         monthly_micro_usd = excluded.monthly_micro_usd`,
      [numbers, lines.map(({ country }) => country), lines.map(({ monthlyMicroUsd }) => monthlyMicroUsd.toString())],
    );
  });
}

export async function stock({ db, clock }: LinesDeps, country: string): Promise<number> {
  const { rows } = await db.pool.query<{ count: number }>(
    `select count(*)::int as count from app.smpp_line
     where country = $1 and is_offered and held_by is null and free_from <= $2`,
    [country, new Date(clock.nowMs())],
  );
  return rows[0]?.count ?? 0;
}

export async function buyLine({ db, clock }: LinesDeps, order: NumberOrder): Promise<Bought | Refused> {
  const now = new Date(clock.nowMs());
  return db.transaction(async (client) => {
    // Copies of one order wait for each other.
    await client.query("select pg_advisory_xact_lock(hashtextextended('smpp ' || $1, 0))", [order.reference]);
    const before = await findLine(client, order.reference);
    if (before.kind === "bought") return before;
    return (await takeLine(client, order, now)) ?? refusalOf(client, order, now);
  });
}

async function takeLine(
  client: pg.ClientBase,
  { reference, country, maxCostMicroUsd }: NumberOrder,
  now: Date,
): Promise<Bought | undefined> {
  const { rows } = await client.query<Purchase>(
    `with taken as (
       update app.smpp_line set held_by = $1 where phone_number = (
         select phone_number from app.smpp_line
         where country = $2 and is_offered and held_by is null and free_from <= $3
           and ($4::numeric is null or monthly_micro_usd <= $4)
         order by monthly_micro_usd, phone_number limit 1 for update skip locked)
       returning phone_number, monthly_micro_usd)
     insert into app.smpp_purchase (reference, phone_number, monthly_micro_usd, bought_at)
     select $1, phone_number, monthly_micro_usd, $3 from taken returning phone_number, monthly_micro_usd`,
    [reference, country, now, maxCostMicroUsd?.toString() ?? null],
  );
  return rows[0] && boughtOf(rows[0]);
}

async function refusalOf(client: pg.ClientBase, { country }: NumberOrder, now: Date): Promise<Refused> {
  const { rowCount } = await client.query(
    `select from app.smpp_line
     where country = $1 and is_offered and held_by is null and free_from <= $2 limit 1`,
    [country, now],
  );
  return { kind: "refused", reason: rowCount === 1 ? "price_rose" : "out_of_stock" };
}

type Purchase = { phone_number: string; monthly_micro_usd: string };
const boughtOf = (row: Purchase): Bought => ({
  kind: "bought",
  phoneNumber: row.phone_number,
  costMicroUsd: BigInt(row.monthly_micro_usd),
});

export async function findLine(on: Pick<pg.Pool, "query">, reference: string): Promise<Bought | Absent> {
  const { rows } = await on.query<Purchase>(
    "select phone_number, monthly_micro_usd from app.smpp_purchase where reference = $1",
    [reference],
  );
  return rows[0] ? boughtOf(rows[0]) : { kind: "absent" };
}

export async function giveBack(
  { db, clock }: LinesDeps,
  { reference, phoneNumber }: { reference: string; phoneNumber: string },
): Promise<void> {
  await db.pool.query(
    "update app.smpp_line set held_by = null, free_from = $3 where phone_number = $1 and held_by = $2",
    [phoneNumber, reference, new Date(clock.nowMs() + DAY_MS)],
  );
}

export async function isHeld(on: Pick<pg.Pool, "query">, phoneNumber: string): Promise<boolean> {
  const text = "select from app.smpp_line where phone_number = $1 and held_by is not null";
  return (await on.query(text, [phoneNumber])).rowCount === 1;
}

/** Where a number of ours is; undefined when it is none. */
export async function countryOf(on: Pick<pg.Pool, "query">, phoneNumber: string): Promise<string | undefined> {
  const text = "select country from app.smpp_line where phone_number = $1";
  return (await on.query<{ country: string }>(text, [phoneNumber])).rows[0]?.country;
}
