import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Address } from "viem";
import { emit } from "../../events.ts";
import type { Holder } from "../../ledger.ts";
import type { Inbound, Receipt, Text } from "../phone.ts";
import { countryOf } from "./country.ts";
import { tellHolder } from "./holder.ts";
import { segmentsOf } from "./segments.ts";

export type MessageStatus = "queued" | "sent" | "delivered" | "undelivered" | "failed" | "received";

/** A text on record, whether or not it has left. */
export type Message = Noted & { messageId: string; segments: number; status: MessageStatus };

/**
 * `leaseId` says whose included text it is; undefined, when it is paid for by itself. `buyer` is who has paid for it, and
 * is told what became of one that left from no line.
 */
export type Noted = Text & { leaseId: string | undefined; buyer?: Holder };

type Queryable = Pick<pg.Pool, "query">;

/** Puts a text on record before it is sent; for a reference that is known, what is on record. */
export async function noteMessage(client: Queryable, text: Noted, now: Date): Promise<Message> {
  const { rows } = await client.query<Row>(
    `insert into app.message as known
       (message_id, reference, direction, line, other, body, segments, status, lease_id, buyer,
        buyer_chain_id, created_at, updated_at, country)
     values ($1, $2, 'outbound', $3, $4, $5, $6, 'queued', $7, $8, $9, $10, $10, $11)
     on conflict (direction, reference) do update set reference = known.reference
     returning ${COLUMNS}`,
    [
      randomUUID(),
      text.reference,
      text.line ?? null,
      text.to,
      text.text,
      segmentsOf(text.text).segments,
      text.leaseId ?? null,
      text.buyer?.address.toLowerCase() ?? null,
      text.buyer?.chainId ?? null,
      now,
      countryOf(text.to) ?? null,
    ],
  );
  return messageOf(rows[0] as Row);
}

/** A text that went out, or is to, by its reference. */
export async function findMessage(client: Queryable, reference: string): Promise<Message | undefined> {
  const text = `select ${COLUMNS} from app.message where direction = 'outbound' and reference = $1`;
  const { rows } = await client.query<Row>({ name: "message-by-reference", text, values: [reference] });
  return rows[0] && messageOf(rows[0]);
}

export const COLUMNS = "message_id, reference, line, other, body, segments, status, lease_id, buyer, buyer_chain_id";

export type Row = {
  message_id: string;
  reference: string;
  line: string | null;
  other: string;
  body: string;
  segments: number;
  status: MessageStatus;
  lease_id: string | null;
  buyer: Address | null;
  buyer_chain_id: number | null;
};

export const messageOf = (row: Row): Message => ({
  messageId: row.message_id,
  reference: row.reference,
  line: row.line ?? undefined,
  to: row.other,
  text: row.body,
  segments: row.segments,
  status: row.status,
  leaseId: row.lease_id ?? undefined,
  ...(row.buyer !== null &&
    row.buyer_chain_id !== null && { buyer: { address: row.buyer, chainId: row.buyer_chain_id } }),
});

/** The answer to whoever sent it. */
export const publicMessage = ({ messageId, to, segments }: Message) => ({
  success: true,
  messageId: `msg-${messageId}`,
  to,
  segments,
});

/** What the carrier said to a text that waited; false when that was known already. */
export async function settleMessage(
  client: Queryable,
  reference: string,
  { status, now }: { status: "sent" | "failed"; now: Date },
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update app.message set status = $2, updated_at = $3
     where direction = 'outbound' and reference = $1 and status = 'queued'`,
    [reference, status, now],
  );
  return rowCount === 1;
}

/**
 * What became of a text, in whichever order the receipts come: a status only ever advances. A receipt is also the
 * answer to a call whose own was missed. Whose line it left from, or who bought it, is told when it has arrived.
 */
export async function keepReceipt(client: Queryable, { reference, status }: Receipt, now: Date): Promise<void> {
  const { rows } = await client.query<Sent>(
    `update app.message set status = $2, updated_at = $3
     from (values (array['queued', 'sent', 'failed', 'undelivered', 'delivered'])) known (steps)
     where direction = 'outbound' and reference = $1
       and array_position(steps, status) < array_position(steps, $2)
     returning ${COLUMNS}, created_at`,
    [reference, status, now],
  );
  const [sent] = rows;
  if (!sent) return;
  await client.query(
    `update app.carrier_call set state = 'done', answer = '{"kind":"accepted"}'
     where reference = $1::uuid and state = 'open'`,
    [reference],
  );
  if (status === "delivered") await tellDelivered(client, sent, now);
}

type Sent = Row & { created_at: Date };

async function tellDelivered(client: Queryable, sent: Sent, now: Date): Promise<void> {
  const { message_id, line, other, created_at, buyer, buyer_chain_id: chainId } = sent;
  const data = { message_id: `msg-${message_id}`, from: line, to: other, created_at: created_at.toISOString() };
  const id = `message.delivered|${message_id}`;
  const event = { type: "message.delivered", data, at: now, id } as const;
  if (line !== null) await tellHolder(client, { phoneNumber: line, at: created_at, direction: "outbound" }, event);
  else if (buyer !== null && chainId !== null) await emit(client, { ...event, owner: { address: buyer, chainId } });
}

/**
 * False when it was known: carriers repeat themselves. `at` says whose it is, the one's who held the line then, who is
 * told of it: it may be heard of much later.
 */
export async function keepInbound(client: Queryable, inbound: Inbound & { at: Date }, now: Date): Promise<boolean> {
  const messageId = randomUUID();
  const { segments } = segmentsOf(inbound.text);
  const { rowCount } = await client.query(
    `insert into app.message
       (message_id, reference, direction, line, other, body, segments, status, created_at, updated_at)
     values ($1, $2, 'inbound', $3, $4, $5, $6, 'received', $7, $8) on conflict do nothing`,
    [messageId, inbound.reference, inbound.line, inbound.from, inbound.text, segments, inbound.at, now],
  );
  if (rowCount !== 1) return false;
  if (inbound.line !== undefined)
    await tellReceived(client, { ...inbound, line: inbound.line, messageId, segments }, now);
  return true;
}

type Received = Inbound & { line: string; at: Date; messageId: string; segments: number };

async function tellReceived(client: Queryable, { messageId, line, from, text, segments, at }: Received, now: Date) {
  const data = {
    message_id: `msg-${messageId}`,
    from,
    to: line,
    message: text,
    segments,
    received_at: at.toISOString(),
  };
  const id = `message.received|${messageId}`;
  const received = { phoneNumber: line, at, direction: "inbound" } as const;
  await tellHolder(client, received, { type: "message.received", data, at: now, id });
}
