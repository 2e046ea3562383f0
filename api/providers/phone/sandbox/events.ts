import type pg from "pg";
import type { CarrierEvent, Receipt } from "../../phone.ts";
import type { FaultKind } from "./faults.ts";
import { POOL_SENDER } from "./ranges.ts";

type Status = Receipt["status"];
type Due = readonly [status: Status, afterSec: number];

/** When the receipts of a text come, counted from its acceptance. */
const USUAL: readonly Due[] = [
  ["sent", 1],
  ["delivered", 3],
];
const UNUSUAL: Partial<Record<FaultKind, readonly Due[]>> = {
  duplicate_receipt: [...USUAL, ...USUAL],
  // Told before the call that sent the text has its answer.
  early_receipt: [["delivered", 0]],
  reordered_receipts: [
    ["delivered", 1],
    ["sent", 3],
  ],
  undelivered: [
    ["sent", 1],
    ["undelivered", 3],
  ],
  no_receipt: [],
};

export async function addReceipts(
  client: pg.ClientBase,
  { reference, fault, now }: { reference: string; fault: FaultKind | undefined; now: Date },
): Promise<void> {
  for (const [status, afterSec] of (fault && UNUSUAL[fault]) ?? USUAL)
    await client.query("insert into carrier.event (kind, reference, status, due_at) values ('receipt', $1, $2, $3)", [
      reference,
      status,
      new Date(now.getTime() + afterSec * 1000),
    ]);
}

/** Somebody outside sends a text; `at` is when it reaches us. Returns the carrier's id of it. */
export async function addInbound(
  client: Pick<pg.Pool, "query">,
  message: { from: string; to: string; text: string },
  at: Date,
): Promise<string> {
  const { rows } = await client.query<{ reference: string }>(
    "insert into carrier.event (sender, recipient, body, due_at) values ($1, $2, $3, $4) returning reference",
    [message.from, message.to, message.text, at],
  );
  return rows[0]?.reference as string;
}

type Row = {
  id: string;
  kind: CarrierEvent["kind"];
  due_at: Date;
  reference: string;
  status: Status;
  sender: string;
  recipient: string;
  body: string;
};

export async function pendingEvents(pool: pg.Pool, now: Date): Promise<CarrierEvent[]> {
  const { rows } = await pool.query<Row>(
    `select id, kind, due_at, reference, status, sender, recipient, body from carrier.event
     where acknowledged_at is null and due_at <= $1 order by due_at, id limit 100`,
    [now],
  );
  return rows.map(eventOf);
}

export async function acknowledge(pool: pg.Pool, eventIds: readonly string[], now: Date): Promise<void> {
  await pool.query("update carrier.event set acknowledged_at = $2 where id = any($1::bigint[])", [eventIds, now]);
}

function eventOf({ id, kind, due_at: at, reference, status, sender, recipient, body }: Row): CarrierEvent {
  if (kind === "receipt") return { id, at, kind, reference, status };
  const line = recipient === POOL_SENDER ? undefined : recipient;
  return { id, at, kind, reference, line, from: sender, to: recipient, text: body };
}
