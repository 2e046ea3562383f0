import type pg from "pg";
import type { Absent, Accepted, Refused, Text, Unknown } from "../../phone.ts";
import { addInbound, addReceipts } from "./events.ts";
import { takeFault } from "./faults.ts";
import { POOL_SENDER } from "./ranges.ts";

/** How long somebody takes to answer a text. */
const REPLY_SEC = 4;

export async function acceptText(client: pg.ClientBase, text: Text, now: Date): Promise<Accepted | Refused | Unknown> {
  const fault = await takeFault(client, "send", [text.reference, text.to]);
  if (fault === "silent_before") return { kind: "unknown" };
  if (fault === "refused") return { kind: "refused", reason: "recipient_refused" };
  const before = await findText(client, text.reference);
  if (before.kind === "accepted") return before;
  if (text.line !== undefined && !(await isHeld(client, text.line)))
    return { kind: "refused", reason: "sender_refused" };
  const sender = text.line ?? POOL_SENDER;
  await client.query(
    "insert into carrier.message (reference, sender, recipient, body, accepted_at) values ($1, $2, $3, $4, $5)",
    [text.reference, sender, text.to, text.text, now],
  );
  await addReceipts(client, { reference: text.reference, fault, now });
  const [, reply] = /^Reply (.+)$/s.exec(text.text) ?? [];
  if (reply) await addInbound(client, { from: text.to, to: sender, text: reply }, later(now, REPLY_SEC));
  return { kind: fault === "silent_after" ? "unknown" : "accepted" };
}

export async function findText(client: pg.ClientBase, reference: string): Promise<Accepted | Absent> {
  const { rowCount } = await client.query("select from carrier.message where reference = $1", [reference]);
  return { kind: rowCount === 1 ? "accepted" : "absent" };
}

async function isHeld(client: pg.ClientBase, phoneNumber: string): Promise<boolean> {
  const { rowCount } = await client.query(
    "select from carrier.number where phone_number = $1 and held_by is not null",
    [phoneNumber],
  );
  return rowCount === 1;
}

const later = (now: Date, sec: number) => new Date(now.getTime() + sec * 1000);
