import type pg from "pg";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { SMPP } from "../../../limits.ts";
import type { Absent, Accepted, Receipt, RefusalReason, Refused, Unknown } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import { derivedUuid } from "../derived-uuid.ts";

/** One submit of a text; `part` counts from 1. */
export type Part = {
  partReference: string;
  reference: string;
  part: number;
  /** As the carrier writes them. */
  sender: string;
  recipient: string;
};

export type PartsDeps = { db: Db; clock: Clock };

/** A text that goes in one piece is its own part, so that its receipts bear its reference. */
export function partReference(reference: string, part: number, parts: number): string {
  return parts === 1 ? reference : derivedUuid(`${reference} ${part}`);
}

/** True for one caller only, who is the one to send it, until it is taken back. */
export async function begin({ db, clock }: PartsDeps, part: Part): Promise<boolean> {
  const { rowCount } = await db.pool.query(
    `insert into app.smpp_part (part_reference, reference, part, sender, recipient, state, begun_at)
     values ($1, $2, $3, $4, $5, 'begun', $6) on conflict do nothing`,
    [part.partReference, part.reference, part.part, part.sender, part.recipient, new Date(clock.nowMs())],
  );
  return rowCount === 1;
}

export async function isTaken({ db }: PartsDeps, { partReference }: Part): Promise<boolean> {
  const text = "select from app.smpp_part where part_reference = $1 and state = 'taken'";
  return (await db.pool.query(text, [partReference])).rowCount === 1;
}

/** It surely did not leave. */
export async function takeBack({ db }: PartsDeps, { partReference }: Part): Promise<void> {
  await db.pool.query("delete from app.smpp_part where part_reference = $1 and state = 'begun'", [partReference]);
}

export async function refuse({ db }: PartsDeps, { partReference }: Part, reason: RefusalReason): Promise<void> {
  await db.pool.query("update app.smpp_part set state = 'refused', reason = $2 where part_reference = $1", [
    partReference,
    reason,
  ]);
}

/** False: the carrier has given that name before. It has taken the part on all the same, and no receipt will tell of it. */
export async function take(deps: PartsDeps, partReference: string, carrierId: string): Promise<boolean> {
  const longAgo = new Date(deps.clock.nowMs() - SMPP.idsAgainAfterSec * 1000);
  return deps.db.transaction(async (client) => {
    await client.query("update app.smpp_part set state = 'taken' where part_reference = $1", [partReference]);
    // Carriers count anew now and then, and nobody waits for the receipt of an old text.
    await client.query(
      `delete from app.carrier_name where carrier = 'smpp' and carrier_id = $1 and reference in (
         select part_reference from app.smpp_part where begun_at < $2)`,
      [carrierId, longAgo],
    );
    return claimName(client, { carrier: "smpp", carrierId, reference: partReference });
  });
}

type State = { state: "begun" | "taken" | "refused"; reason: RefusalReason | null };

/**
 * What is on record of a text of so many parts. `absent`: what is missing of it was not sent, though somebody may be
 * about to. Of a part without an answer nobody can ask the carrier, who knows it by the id in that answer: it is `unknown`
 * until a receipt comes.
 */
export async function outcomeOf(
  on: Pick<pg.Pool, "query">,
  reference: string,
  parts: number,
): Promise<Accepted | Refused | Absent | Unknown> {
  const { rows } = await on.query<State>("select state, reason from app.smpp_part where reference = $1", [reference]);
  const refused = rows.find(({ state }) => state === "refused");
  if (refused) return { kind: "refused", reason: refused.reason ?? "recipient_refused" };
  if (rows.some(({ state }) => state === "begun")) return { kind: "unknown" };
  return rows.length === parts ? { kind: "accepted" } : { kind: "absent" };
}

type Told = { reference: string; status: Receipt["status"] };

/** What a part's receipt says of its text: that has arrived when all parts have. */
export async function keepStatus(
  on: Pick<pg.Pool, "query">,
  partReference: string,
  status: Receipt["status"],
): Promise<Told | undefined> {
  await on.query(
    `update app.smpp_part set status = $2, state = 'taken'
     from (values (array['sent', 'undelivered', 'delivered'])) known (steps)
     where part_reference = $1 and (status is null or array_position(steps, status) < array_position(steps, $2))`,
    [partReference, status],
  );
  // A statement of its own: of two receipts at once, the one that looks last sees both.
  const { rows } = await on.query<Told>(
    `select reference, case when bool_and(status is not distinct from 'delivered') then 'delivered'
                            when bool_or(status = 'undelivered') then 'undelivered' else 'sent' end as status
     from app.smpp_part
     where reference = (select reference from app.smpp_part where part_reference = $1) group by reference`,
    [partReference],
  );
  return rows[0];
}
