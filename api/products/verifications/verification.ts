import { randomUUID } from "node:crypto";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { VERIFICATION } from "../../limits.ts";
import { codeOf, hashOfCode } from "./code.ts";

export type VerificationDeps = { db: Db; clock: Clock; secretsKey: Buffer };

export type VerificationStatus = "pending" | "approved" | "expired" | "max_attempts_reached";

export type Verification = {
  verificationId: string;
  /** A million are possible, and so many may be tried. */
  attempts: number;
  expiresAt: Date;
  approvedAt: Date | undefined;
};

/**
 * Puts an order's verification on record; for one that is known, what is. Undefined, when its code can be made no more,
 * for SECRETS_KEY is another than it was.
 */
export async function noteVerification(
  { db, clock, secretsKey }: VerificationDeps,
  { orderId, to }: { orderId: string; to: string },
): Promise<{ code: string } | undefined> {
  const fresh = randomUUID();
  const code = codeOf(secretsKey, orderId);
  const { rows } = await db.pool.query<{ verification_id: string; code_hash: Buffer }>(
    `insert into app.verification as known
       (order_id, verification_id, phone_number, code_hash, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (order_id) do update set order_id = known.order_id
     returning verification_id, code_hash`,
    [orderId, fresh, to, hashOfCode(secretsKey, fresh, code), new Date(clock.nowMs()), endOf(clock)],
  );
  const [known] = rows;
  return known?.code_hash.equals(hashOfCode(secretsKey, known.verification_id, code)) ? { code } : undefined;
}

/** Its text has left, now or at an earlier call: from then on its time runs. */
export async function sentVerification({ db, clock }: VerificationDeps, orderId: string): Promise<Verification> {
  const { rows } = await db.pool.query<Row>(
    `update app.verification set sent_at = coalesce(sent_at, $2),
       expires_at = case when sent_at is null then $3 else expires_at end
     where order_id = $1 returning ${COLUMNS}`,
    [orderId, new Date(clock.nowMs()), endOf(clock)],
  );
  return verificationOf(rows[0] as Row);
}

/** Its payment was lost on chain. */
export async function endVerification({ db, clock }: VerificationDeps, orderId: string): Promise<void> {
  const text = "update app.verification set expires_at = least(expires_at, $2) where order_id = $1";
  await db.pool.query(text, [orderId, new Date(clock.nowMs())]);
}

export type Guess = { verificationId: string; code: string };

/**
 * Counts a guess, and takes the right one once, whoever guesses at the same time. Undefined where there is nothing to be
 * guessed any more.
 */
export async function guess(
  { db, clock, secretsKey }: VerificationDeps,
  { verificationId, code }: Guess,
): Promise<Verification | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "verification-guess",
    text: `update app.verification set attempts = attempts + 1,
             approved_at = case when code_hash = $2 then $3::timestamptz end
           where verification_id = $1 and approved_at is null and attempts < $4 and expires_at > $3
           returning ${COLUMNS}`,
    values: [
      verificationId,
      hashOfCode(secretsKey, verificationId, code),
      new Date(clock.nowMs()),
      VERIFICATION.attempts,
    ],
  });
  return rows[0] && verificationOf(rows[0]);
}

export async function findVerification(
  { db }: Pick<VerificationDeps, "db">,
  verificationId: string,
): Promise<Verification | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "verification",
    text: `select ${COLUMNS} from app.verification where verification_id = $1`,
    values: [verificationId],
  });
  return rows[0] && verificationOf(rows[0]);
}

export function statusOf({ attempts, expiresAt, approvedAt }: Verification, nowMs: number): VerificationStatus {
  if (approvedAt) return "approved";
  if (attempts >= VERIFICATION.attempts) return "max_attempts_reached";
  return expiresAt.getTime() <= nowMs ? "expired" : "pending";
}

const endOf = (clock: Clock): Date => new Date(clock.nowMs() + VERIFICATION.validForSec * 1000);

const COLUMNS = "verification_id, attempts, expires_at, approved_at";

type Row = { verification_id: string; attempts: number; expires_at: Date; approved_at: Date | null };

const verificationOf = ({ verification_id, attempts, expires_at, approved_at }: Row): Verification => ({
  verificationId: verification_id,
  attempts,
  expiresAt: expires_at,
  approvedAt: approved_at ?? undefined,
});
