import type { Wallet } from "../../identity/siwe.ts";
import type { MessageStatus } from "../../providers/phone/messages.ts";
import type { LeaseDeps } from "./lease.ts";

type Row = {
  message_id: string;
  direction: "outbound" | "inbound";
  line: string;
  other: string;
  body: string;
  segments: number;
  status: MessageStatus;
  created_at: Date;
  updated_at: Date;
};

/**
 * What went out of and came into a wallet's lines while it held them, newest first. A number's former and later holders
 * see nothing of it, and what comes in after the end is shown once the lease is renewed.
 */
export async function listMessages(
  { db }: LeaseDeps,
  { address, onlyChainId }: Wallet,
  page: { phoneNumber: string | undefined; offset: number; limit: number },
) {
  const { rows } = await db.pool.query<Row>(
    `select m.message_id, m.direction, m.line, m.other, m.body, m.segments, m.status, m.created_at, m.updated_at
     from app.lease l join app.message m on m.line = l.phone_number
       and m.created_at >= l.leased_at and m.created_at < coalesce(l.released_at, 'infinity')
       and (m.direction = 'outbound' or m.created_at < l.expires_at)
     where l.owner = $1 and l.chain_id = coalesce($2, l.chain_id) and l.suspended_at is null
       and l.phone_number = coalesce($3, l.phone_number)
     order by m.created_at desc, m.message_id limit $4 offset $5`,
    [address.toLowerCase(), onlyChainId ?? null, page.phoneNumber ?? null, page.limit, page.offset],
  );
  return rows.map(shown);
}

function shown(row: Row) {
  const [from, to] = row.direction === "outbound" ? [row.line, row.other] : [row.other, row.line];
  return {
    messageId: `msg-${row.message_id}`,
    direction: row.direction,
    from,
    to,
    message: row.body,
    segments: row.segments,
    status: row.status,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
