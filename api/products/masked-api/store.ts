import type pg from "pg";
import type { Clock } from "../../clock.ts";
import type { Changes, Db } from "../../db.ts";
import { ApiError } from "../../errors.ts";
import type { Wallet } from "../../identity/siwe.ts";
import { MASKED_API } from "../../limits.ts";
import type { PermitDomain } from "../../providers/token-permit.ts";
import { type MaskedApi, maskedApiOf, type Row, SELECT, type Status } from "./masked-api.ts";
import { sealUpstream, type UpstreamSecret } from "./seal.ts";

/** Everything that one version of a masked API holds. */
export type Version = {
  name: string | undefined;
  description: string | undefined;
  merchant: string;
  token: string;
  amountWei: bigint;
  validForSec: number;
  chainId: number;
  feeBps: number | undefined;
  allowedMethods: readonly string[];
  permit: PermitDomain | undefined;
  upstream: UpstreamSecret;
};

export type StoreDeps = { db: Db; changes: Changes; secretsKey: Buffer; clock: Clock };

export type Creation = { version: Version; isListed: boolean };

/** Puts an API on sale under an id that is new, and says so to every process. */
export async function insertMaskedApi(deps: StoreDeps, apiId: string, { version, isListed }: Creation): Promise<void> {
  await written(deps, apiId, async (client) => {
    const now = new Date(deps.clock.nowMs());
    await client.query(
      "insert into app.masked_api (api_id, status, created_at, listed_at) values ($1, 'active', $2, $3)",
      [apiId, now, isListed ? now : null],
    );
    await insertTerms(deps, client, { apiId, number: 1, version });
  });
}

/** `isListed` stays what it is where it is undefined. */
export type Edition = { version: Version; isListed: boolean | undefined };

/** Appends a version unless another edit came first. @throws ApiError conflict */
export async function appendVersion(
  deps: StoreDeps,
  { apiId, terms }: MaskedApi,
  { version, isListed }: Edition,
): Promise<void> {
  await written(deps, apiId, async (client) => {
    await insertTerms(deps, client, { apiId, number: terms[0].version + 1, version });
    if (isListed !== undefined) await updateListed(deps, client, { apiId, isListed });
  });
}

/**
 * Shows an API to everybody, or no more, unless an edit came first: it may have given it to somebody else.
 *
 * @throws ApiError conflict
 */
export async function setListed(deps: StoreDeps, { apiId, terms }: MaskedApi, isListed: boolean): Promise<void> {
  await written(deps, apiId, async (client) => {
    // Locks the row, which an edit that gives it away writes as well: only then is it known which version is the newest.
    await updateListed(deps, client, { apiId, isListed });
    const { rows } = await client.query<{ newest: number }>(
      "select max(version) as newest from app.masked_api_terms where api_id = $1",
      [apiId],
    );
    if (rows[0]?.newest !== terms[0].version) throw new ApiError("conflict");
  });
}

async function updateListed(
  { clock }: StoreDeps,
  client: pg.PoolClient,
  { apiId, isListed }: { apiId: string; isListed: boolean },
): Promise<void> {
  const text = "update app.masked_api set listed_at = case when $2 then coalesce(listed_at, $3) end where api_id = $1";
  await client.query(text, [apiId, isListed, new Date(clock.nowMs())]);
}

/** Deleted is final. */
export async function setStatus(deps: StoreDeps, apiId: string, status: Status): Promise<void> {
  await written(deps, apiId, async (client) => {
    const text = "update app.masked_api set status = $2 where api_id = $1 and status <> 'deleted'";
    const { rowCount } = await client.query(text, [apiId, status]);
    if (rowCount === 0) throw new ApiError("not_found");
  });
}

/** What the wallet sells now, newest first, `MASKED_API.listed` at most from `offset` on. */
export async function listMaskedApis(deps: StoreDeps, wallet: Wallet, offset: number): Promise<MaskedApi[]> {
  const { rows } = await deps.db.pool.query<Row>(
    `${SELECT} where a.status <> 'deleted' and t.merchant = $1
       and t.version = (select max(version) from app.masked_api_terms where api_id = a.api_id)
       and t.chain_id = coalesce($4, t.chain_id)
     order by a.created_at desc, a.api_id limit $2 offset $3`,
    [wallet.address.toLowerCase(), MASKED_API.listed, offset, wallet.onlyChainId ?? null],
  );
  return rows.flatMap((row) => maskedApiOf([row], deps.secretsKey) ?? []);
}

async function written(deps: StoreDeps, apiId: string, write: (client: pg.PoolClient) => Promise<void>): Promise<void> {
  await deps.db.transaction(async (client) => {
    await write(client);
    await deps.db.announce(client, apiId);
  });
  deps.changes.tell(apiId);
}

type Insertion = { apiId: string; number: number; version: Version };

async function insertTerms(
  deps: StoreDeps,
  client: pg.PoolClient,
  { apiId, number, version }: Insertion,
): Promise<void> {
  const { rowCount } = await client.query(
    `insert into app.masked_api_terms (api_id, version, name, description, merchant, token, amount_wei, valid_for_sec,
       chain_id, fee_bps, allowed_methods, permit, upstream, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict do nothing`,
    [
      apiId,
      number,
      version.name ?? null,
      version.description ?? null,
      version.merchant.toLowerCase(),
      version.token.toLowerCase(),
      version.amountWei.toString(),
      version.validForSec,
      version.chainId,
      version.feeBps ?? null,
      version.allowedMethods,
      version.permit ? JSON.stringify(version.permit) : null,
      sealUpstream(deps.secretsKey, apiId, version.upstream),
      new Date(deps.clock.nowMs()),
    ],
  );
  if (rowCount === 0) throw new ApiError("conflict");
}
