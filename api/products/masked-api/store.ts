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

/** Puts an API on sale under an id that is new, and says so to every process. */
export async function insertMaskedApi(deps: StoreDeps, apiId: string, version: Version): Promise<void> {
  await written(deps, apiId, async (client) => {
    const now = new Date(deps.clock.nowMs());
    await client.query("insert into app.masked_api (api_id, status, created_at) values ($1, 'active', $2)", [
      apiId,
      now,
    ]);
    await insertTerms(deps, client, { apiId, number: 1, version });
  });
}

/** Appends a version unless another edit came first. @throws ApiError conflict */
export async function appendVersion(deps: StoreDeps, before: MaskedApi, version: Version): Promise<void> {
  const number = before.terms[0].version + 1;
  await written(deps, before.apiId, (client) => insertTerms(deps, client, { apiId: before.apiId, number, version }));
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
