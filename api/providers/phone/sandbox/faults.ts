import type pg from "pg";

/** What can be ordered to go wrong, and where. */
export type Fault =
  | { place: "buy"; kind: "out_of_stock" | "refused" | "silent_before" | "silent_after" }
  | {
      place: "send";
      kind:
        | "refused"
        | "silent_before"
        | "silent_after"
        | "duplicate_receipt"
        | "early_receipt"
        | "reordered_receipts"
        | "undelivered"
        | "no_receipt";
    }
  | { place: "find"; kind: "silent" }
  | { place: "release"; kind: "silent" };

export type FaultKind = Fault["kind"];

/**
 * Recipients and countries that always go wrong, for whoever tries the sandbox out by hand. `silent_after`: the answer is
 * lost, and found when it is looked up. `silent_before`: the call is lost, each time, until the payer is credited.
 */
const MAGIC: Readonly<Record<string, FaultKind>> = {
  "send +15005550001": "refused",
  "send +15005550002": "silent_after",
  "send +15005550003": "duplicate_receipt",
  "send +15005550004": "early_receipt",
  "send +15005550005": "reordered_receipts",
  "send +15005550006": "undelivered",
  "send +15005550007": "no_receipt",
  "send +15005550008": "silent_before",
  // Listed as in stock, and gone when it is bought.
  "buy BV": "out_of_stock",
  "buy HM": "silent_after",
};

/** Makes the next `times` calls at a place go wrong; `target` narrows it to a recipient, a country or a reference. */
export async function orderFault(
  client: Pick<pg.Pool, "query">,
  fault: Fault & { target?: string; times?: number },
): Promise<void> {
  await client.query(
    "insert into carrier.fault (place, kind, target) select $1, $2, $3 from generate_series(1, $4::int)",
    [fault.place, fault.kind, fault.target ?? null, fault.times ?? 1],
  );
}

/** Uses up the fault that was ordered for this call, if any. `client`'s transaction has to commit whatever it is. */
export async function takeFault(
  client: pg.ClientBase,
  place: Fault["place"],
  targets: readonly string[],
): Promise<FaultKind | undefined> {
  const { rows } = await client.query<{ kind: FaultKind }>(
    `delete from carrier.fault where id = (
       select id from carrier.fault where place = $1 and (target is null or target = any($2))
       order by id limit 1 for update skip locked)
     returning kind`,
    [place, targets],
  );
  return rows[0]?.kind ?? targets.map((target) => MAGIC[`${place} ${target}`]).find(Boolean);
}
