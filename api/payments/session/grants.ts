import { createHash } from "node:crypto";
import type { Address } from "viem";
import { isoOfSec } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { type Event, emitted } from "../../events.ts";

export type Binding = "bound" | "public";

/** Our record that a session was unlocked. `id` is what callers see as `data.session.id`. */
export type Grant = { id: number; binding: Binding; expiresAtSec: number };

export type NewGrant = {
  sessionId: string;
  apiId: string;
  version: number;
  paymentId: string;
  binding: Binding;
  /** Who is told of it, and on which chain. */
  merchant: Address;
  chainId: number;
  token: Address;
  payer: string;
  txHash: string;
  amountWei: bigint;
  expiresAtSec: number;
  nowMs: number;
};

type Row = { id: string; binding: Binding; expires_at: Date };

const grantOf = (row: Row): Grant => ({
  id: Number(row.id),
  binding: row.binding,
  expiresAtSec: Math.floor(row.expires_at.getTime() / 1000),
});

/** The grant of a session id, hex without 0x, if it was ever unlocked for this API. */
export async function findGrant(db: Db, sessionId: string, apiId: string): Promise<Grant | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "find-grant",
    text: "select id, binding, expires_at from app.session_grant where session_hash = $1 and api_id = $2",
    values: [hashOf(sessionId), apiId],
  });
  return rows[0] && grantOf(rows[0]);
}

/**
 * Records an unlock; of several at once all get the same grant. A later expiry replaces an earlier one, never the reverse.
 * The merchant is told of the first one, in the same statement.
 */
export async function recordGrant(db: Db, grant: NewGrant): Promise<Grant> {
  const { rows } = await db.pool.query<Row>({
    name: "record-grant",
    text: `insert into app.session_grant
             (session_hash, api_id, version, payment_id, binding, payer, tx_hash, amount_wei, expires_at, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           on conflict (session_hash) do update
             set expires_at = greatest(session_grant.expires_at, excluded.expires_at),
                 binding = case when excluded.expires_at > session_grant.expires_at
                   then excluded.binding else session_grant.binding end,
                 amount_wei = greatest(session_grant.amount_wei, excluded.amount_wei)
           returning id, binding, expires_at,
             -- Zero in a row that was inserted and not updated.
             case when xmax = 0 then app.emit($11, $12, $13, $14, $15, $16) end`,
    values: [
      hashOf(grant.sessionId),
      grant.apiId,
      grant.version,
      grant.paymentId,
      grant.binding,
      grant.payer,
      grant.txHash,
      grant.amountWei.toString(),
      new Date(grant.expiresAtSec * 1000),
      new Date(grant.nowMs),
      ...emitted(unlockedOf(grant)),
    ],
  });
  return grantOf(rows[0] as Row);
}

/** A payment of the session id itself has no id but the session's, and nobody gets that from us. */
const unlockedOf = (grant: NewGrant): Event => ({
  type: "session.unlocked",
  owner: { address: grant.merchant, chainId: grant.chainId },
  data: {
    api_id: grant.apiId,
    payment_id: grant.binding === "bound" ? grant.paymentId : null,
    payer: grant.payer,
    token: grant.token,
    amount_wei: grant.amountWei.toString(),
    tx_hash: grant.txHash,
    chain_id: grant.chainId,
    expires_at: isoOfSec(grant.expiresAtSec),
  },
  at: new Date(grant.nowMs),
  id: `session.unlocked|${hashOf(grant.sessionId).toString("hex")}`,
});

const hashOf = (sessionId: string) => createHash("sha256").update(sessionId, "hex").digest();
