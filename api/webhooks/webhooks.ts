import { randomUUID } from "node:crypto";
import type pg from "pg";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";
import type { Wallet } from "../identity/siwe.ts";
import { WEBHOOKS } from "../limits.ts";
import { type Creation, checkTarget, type Edit, targetOf } from "./fields.ts";
import { freshSecret, sealSecret } from "./secret.ts";

export type WebhooksDeps = Pick<Deps, "db" | "clock" | "secretsKey" | "upstream">;

/** What its owner reads of a webhook. */
export type Shown = {
  webhook_id: string;
  url: string;
  /** Null is every type. */
  types: string[] | null;
  description: string | null;
  state: "active" | "paused" | "gone";
  /** Until when the secret before this one signs as well. */
  old_secret_until: Date | null;
  created_at: Date;
  updated_at: Date;
};

const SHOWN = "webhook_id, url, types, description, state, old_secret_until, created_at, updated_at";

/** Of an owner on one chain only those of that chain: on another, his address may be somebody else's. */
const OWN = "owner = $1 and ($2::int is null or chain_id = $2)";
const own = ({ address, onlyChainId }: Wallet) => [address.toLowerCase(), onlyChainId ?? null];

/** Its secret is told here and never again. @throws ApiError invalid_field, conflict when there are too many */
export async function createWebhook(
  deps: WebhooksDeps,
  owner: Wallet,
  given: Creation,
): Promise<{ webhook: Shown; secret: string }> {
  await checkTarget(deps, given.url);
  const webhookId = randomUUID();
  const secret = freshSecret();
  const webhook = await deps.db.transaction(async (client) => {
    await makeRoom(client, owner.address.toLowerCase());
    const { rows } = await client.query<Shown>(
      `insert into app.webhook
         (owner, chain_id, webhook_id, url, target, types, description, state, secret, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9, $9) returning ${SHOWN}`,
      [
        ...own(owner),
        ...[webhookId, given.url, targetOf(given.url), given.types ?? null, given.description ?? null],
        ...[sealSecret(deps.secretsKey, webhookId, secret), new Date(deps.clock.nowMs())],
      ],
    );
    return rows[0] as Shown;
  });
  return { webhook, secret };
}

async function makeRoom(client: pg.PoolClient, owner: string): Promise<void> {
  // Several requests at once count one after the other.
  await client.query("select pg_advisory_xact_lock(hashtext('webhooks of ' || $1))", [owner]);
  const { rows } = await client.query<{ n: number }>("select count(*)::int as n from app.webhook where owner = $1", [
    owner,
  ]);
  if ((rows[0]?.n ?? 0) >= WEBHOOKS.perOwner)
    throw new ApiError("conflict", { message: `There are ${WEBHOOKS.perOwner} webhooks already. Delete one first.` });
}

/** Newest first; there are few enough for one page. */
export async function listWebhooks({ db }: Pick<Deps, "db">, owner: Wallet): Promise<Shown[]> {
  const { rows } = await db.pool.query<Shown>(
    `select ${SHOWN} from app.webhook where ${OWN} order by created_at desc, webhook_id`,
    own(owner),
  );
  return rows;
}

/** @throws ApiError not_found, for other owners as well */
export async function findWebhook({ db }: Pick<Deps, "db">, owner: Wallet, webhookId: string): Promise<Shown> {
  const { rows } = await db.pool.query<Shown>(`select ${SHOWN} from app.webhook where ${OWN} and webhook_id = $3`, [
    ...own(owner),
    webhookId,
  ]);
  return found(rows);
}

/** What waits follows to the new URL, and waits on while the webhook is paused. @throws ApiError not_found, invalid_field */
export async function editWebhook(deps: WebhooksDeps, webhookId: string, given: Edit): Promise<Shown> {
  if (given.url !== undefined) await checkTarget(deps, given.url);
  const { url = null, types, description, paused = null } = given;
  const target = url === null ? null : targetOf(url);
  return deps.db.transaction(async (client) => {
    const { rows } = await client.query<Shown & { target: string }>(
      `update app.webhook set url = coalesce($2, url), target = coalesce($3, target),
         types = case when $4 then $5 else types end, description = case when $6 then $7 else description end,
         state = case $8::boolean when true then 'paused' when false then 'active' else state end, updated_at = $9
       where webhook_id = $1 returning ${SHOWN}, target`,
      [
        ...[webhookId, url, target, types !== undefined, types ?? null, description !== undefined, description ?? null],
        ...[paused, new Date(deps.clock.nowMs())],
      ],
    );
    const { target: aim, ...edited } = found(rows);
    await client.query(
      `update app.webhook_delivery set target = $2, state = $3
       where webhook_id = $1 and state in ('waiting', 'paused') and (target, state) <> ($2, $3)`,
      [webhookId, aim, edited.state === "paused" ? "paused" : "waiting"],
    );
    return edited;
  });
}

/** With everything that it was told and still was to be told. @throws ApiError not_found */
export async function deleteWebhook({ db }: Pick<Deps, "db">, webhookId: string): Promise<void> {
  const { rowCount } = await db.pool.query("delete from app.webhook where webhook_id = $1", [webhookId]);
  if (rowCount === 0) throw new ApiError("not_found", { message: NOT_FOUND });
}

/** The secret of now signs for another day beside the new one; one that is older ends at once. @throws ApiError not_found */
export async function rotateSecret(deps: WebhooksDeps, webhookId: string): Promise<{ webhook: Shown; secret: string }> {
  const secret = freshSecret();
  const now = deps.clock.nowMs();
  const { rows } = await deps.db.pool.query<Shown>(
    `update app.webhook set old_secret = secret, old_secret_until = $3, secret = $2, updated_at = $4
     where webhook_id = $1 returning ${SHOWN}`,
    [
      webhookId,
      sealSecret(deps.secretsKey, webhookId, secret),
      new Date(now + WEBHOOKS.oldSecretSec * 1000),
      new Date(now),
    ],
  );
  return { webhook: found(rows), secret };
}

const NOT_FOUND = "You have no webhook with this id.";

function found<T extends Shown>(rows: T[]): T {
  if (!rows[0]) throw new ApiError("not_found", { message: NOT_FOUND });
  return rows[0];
}
