import { type Address, getAddress } from "viem";
import type { Changes, Db } from "../../db.ts";
import { MASKED_API } from "../../limits.ts";
import { API_ID } from "./masked-api.ts";

/** What everybody may see of an API that its merchant shows. Nothing of it leads to the upstream. */
export type ListedApi = {
  readonly apiId: string;
  readonly version: number;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly merchant: Address;
  readonly token: Address;
  readonly amountWei: bigint;
  readonly validForSec: number;
  readonly allowedMethods: readonly string[];
  readonly updatedAt: Date;
};

/** APIs that are listed and on sale, in the order in which they were listed: what comes later moves no page. */
export type Listing = { all(): Promise<readonly ListedApi[]> };

export type ListingDeps = { db: Db; changes: Changes; chain: { readonly chain: { readonly id: number } } };

/** A listing in memory, read again once an API has changed, however many ask. */
export function createListing({ db, changes, chain }: ListingDeps): Listing {
  let kept: readonly ListedApi[] | undefined;
  let isFresh = false;
  let running: Promise<readonly ListedApi[]> | undefined;
  // Counts announcements: an answer that was on its way when one came is not fresh.
  let heard = 0;
  changes.on((what) => {
    if (what !== undefined && !API_ID.test(what)) return;
    heard++;
    isFresh = false;
    running = undefined;
  });
  const read = async () => {
    const before = heard;
    try {
      kept = await readListed(db, chain.chain.id, kept);
      isFresh = changes.live && heard === before;
      return kept;
    } catch (error) {
      // A shop window that is a little old is better than none.
      if (kept) return kept;
      throw error;
    }
  };
  return {
    all: () => {
      if (isFresh && kept) return Promise.resolve(kept);
      const current =
        running ??
        read().finally(() => {
          if (running === current) running = undefined;
        });
      running = current;
      return current;
    },
  };
}

type Row = {
  api_id: string;
  version: number;
  name: string | null;
  description: string | null;
  merchant: string;
  token: string;
  amount_wei: string;
  valid_for_sec: number;
  allowed_methods: string[];
  created_at: Date;
};

/** What is in `known` as it was is not made again: of all there are few have changed, and checksums take their time. */
async function readListed({ pool }: Db, chainId: number, known: readonly ListedApi[] = []): Promise<ListedApi[]> {
  const { rows } = await pool.query<Row>({
    name: "listed-masked-apis",
    text: `select a.api_id, t.version, t.name, t.description, t.merchant, t.token, t.amount_wei, t.valid_for_sec, t.allowed_methods,
             t.created_at
           from app.masked_api a cross join lateral (
             select * from app.masked_api_terms where api_id = a.api_id order by version desc limit 1
           ) t
           where a.listed_at is not null and a.status = 'active' and t.chain_id = $1
           order by a.listed_at, a.api_id limit $2`,
    values: [chainId, MASKED_API.listedPublicly],
  });
  const knownById = new Map(known.map((api) => [api.apiId, api]));
  return rows.map((row) => {
    const same = knownById.get(row.api_id);
    return same?.version === row.version ? same : listedOf(row);
  });
}

const listedOf = (row: Row): ListedApi => ({
  apiId: row.api_id,
  version: row.version,
  name: row.name ?? undefined,
  description: row.description ?? undefined,
  merchant: getAddress(row.merchant),
  token: getAddress(row.token),
  amountWei: BigInt(row.amount_wei),
  validForSec: row.valid_for_sec,
  allowedMethods: row.allowed_methods,
  updatedAt: row.created_at,
});
