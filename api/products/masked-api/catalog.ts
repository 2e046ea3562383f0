import type { Clock } from "../../clock.ts";
import type { Changes, Db } from "../../db.ts";
import { CACHE, Recent } from "../../limits.ts";
import { type MaskedApi, maskedApiOf, type Row, SELECT } from "./masked-api.ts";

/** Masked APIs by id, kept in memory until a write anywhere announces that one changed. */
export type Catalog = {
  /** What is in memory: null for an id that nobody has, undefined for one that must be looked up. */
  peek(apiId: string): MaskedApi | null | undefined;
  /** Undefined for an unknown API. A deleted one is found: what was paid goes on until it ends. */
  find(apiId: string): Promise<MaskedApi | undefined>;
};

export type CatalogDeps = { db: Db; changes: Changes; secretsKey: Buffer; clock: Clock };

/**
 * What was read this long ago is read again, whatever was heard: shorter than the time for which `sessions.ts` looks
 * for terms that an edit replaced, so that nobody is quoted terms whose payment another process would not know.
 */
const KEPT_MS = 30_000;

type Kept<T> = { value: T; readAtMs: number };

/** A catalog with nothing in memory yet. */
export function createCatalog({ db, changes, secretsKey, clock }: CatalogDeps): Catalog {
  const cached = new Recent<Kept<MaskedApi>>(CACHE.apis);
  // Apart, so that made-up ids cannot crowd out real ones.
  const unknown = new Recent<Kept<null>>(CACHE.apis);
  const loading = new Map<string, Promise<MaskedApi | undefined>>();
  // Counts announcements: an answer that was on its way when one came must not be kept.
  let heard = 0;
  changes.on((what) => {
    heard++;
    loading.clear();
    for (const kept of [cached, unknown]) {
      if (what === undefined) kept.clear();
      else kept.delete(what);
    }
  });

  const load = async (apiId: string) => {
    const before = heard;
    const readAtMs = clock.nowMs();
    const api = await readMaskedApi(db, apiId, secretsKey);
    if (changes.live && heard === before) {
      if (api) cached.set(apiId, { value: api, readAtMs });
      else unknown.set(apiId, { value: null, readAtMs });
    }
    return api;
  };
  const peek = (apiId: string) => {
    const kept = cached.get(apiId) ?? unknown.get(apiId);
    return kept && clock.nowMs() - kept.readAtMs < KEPT_MS ? kept.value : undefined;
  };
  return {
    peek,
    find: (apiId) => {
      const known = peek(apiId);
      if (known !== undefined) return Promise.resolve(known ?? undefined);
      const running = loading.get(apiId);
      if (running) return running;
      const fresh = load(apiId).finally(() => {
        if (loading.get(apiId) === fresh) loading.delete(apiId);
      });
      loading.set(apiId, fresh);
      return fresh;
    },
  };
}

async function readMaskedApi(db: Db, apiId: string, secretsKey: Buffer): Promise<MaskedApi | undefined> {
  const { rows } = await db.pool.query<Row>({
    name: "find-masked-api",
    text: `${SELECT} where a.api_id = $1 order by t.version desc`,
    values: [apiId],
  });
  return maskedApiOf(rows, secretsKey);
}
