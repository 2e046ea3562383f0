import type { Queryable } from "./ledger.ts";

type Facts = { readonly [name: string]: string | number | boolean | null };

/** What the operator did, or one refusal by his rules. */
export type AuditEntry = {
  readonly at: Date;
  readonly actor: "operator" | "rules";
  readonly action: string;
  readonly facts: Facts;
};

/** Writes down what is to be known later, in the caller's transaction: both last, or neither. */
export async function noteAudit(on: Queryable, { at, actor, action, facts }: AuditEntry): Promise<void> {
  await on.query(
    `insert into app.audit (first_at, last_at, times, actor, action, facts) values ($1, $1, 1, $2, $3, $4)`,
    [at, actor, action, JSON.stringify(facts)],
  );
}

/** As one with those of the same day that are alike: callers who pay nothing could fill the disk with them. */
export async function foldAudit(on: Queryable, entry: AuditEntry, times: number): Promise<void> {
  const { at, actor, action } = entry;
  const facts = JSON.stringify(entry.facts);
  const fold = `${at.toISOString().slice(0, 10)} ${actor} ${action} ${facts}`;
  await on.query(
    `insert into app.audit as known (first_at, last_at, times, actor, action, facts, fold)
     values ($1, $1, $2, $3, $4, $5, $6)
     on conflict (fold) do update set times = known.times + $2, last_at = greatest(known.last_at, $1)`,
    [at, times, actor, action, facts, fold],
  );
}

export type AuditRow = {
  first_at: Date;
  last_at: Date;
  times: number;
  actor: string;
  action: string;
  facts: Facts;
};

/** The latest first. */
export async function listAudit(on: Queryable, page: { limit: number; offset: number }): Promise<AuditRow[]> {
  const { rows } = await on.query<AuditRow>(
    `select first_at, last_at, times, actor, action, facts from app.audit
     order by last_at desc, audit_id desc limit $1 offset $2`,
    [page.limit, page.offset],
  );
  return rows;
}
