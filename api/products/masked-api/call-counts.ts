import { type Clock, DAY_MS } from "../../clock.ts";
import type { Db } from "../../db.ts";

/** How often masked APIs were called by who had paid. */
export type CallCounts = {
  /** In memory alone: nothing is written while a caller waits. */
  count(apiId: string): void;
  /** Adds what was counted to what all processes have written down. What cannot be written now stays for the next time. */
  flush(): Promise<void>;
};

type Day = { readonly number: number; readonly calls: Map<string, number> };

export function createCallCounts({ db, clock }: { db: Db; clock: Clock }): CallCounts {
  let today: Day = { number: 0, calls: new Map() };
  let pending: Day[] = [];
  /** Together with what came meanwhile: a database that is away for hours must not fill the memory. */
  const putBack = (day: Day) => {
    const known = [today, ...pending].find(({ number }) => number === day.number);
    if (!known) return void pending.push(day);
    for (const [apiId, calls] of day.calls) known.calls.set(apiId, (known.calls.get(apiId) ?? 0) + calls);
  };
  return {
    count: (apiId) => {
      const number = Math.floor(clock.nowMs() / DAY_MS);
      if (number !== today.number) {
        if (today.calls.size > 0) pending.push(today);
        today = { number, calls: new Map() };
      }
      today.calls.set(apiId, (today.calls.get(apiId) ?? 0) + 1);
    },
    flush: async () => {
      const days = [...pending, today].filter(({ calls }) => calls.size > 0);
      if (days.length === 0) return;
      pending = [];
      today = { number: today.number, calls: new Map() };
      // An outcome that is not known counts as none: of the two ways to be wrong, it forgets no calls.
      await add(db, days).catch((error: unknown) => {
        days.forEach(putBack);
        throw error;
      });
    },
  };
}

async function add({ pool }: Db, days: readonly Day[]): Promise<void> {
  const rows = days.flatMap(({ number, calls }) => [...calls].map(([apiId, count]) => ({ number, apiId, count })));
  await pool.query({
    name: "add-api-calls",
    // In one order everywhere, so that no two processes wait for each other. A day comes twice where the clock was set back.
    text: `insert into app.api_calls (api_id, day, calls)
           select api_id, date '1970-01-01' + number, sum(calls)
           from unnest($1::uuid[], $2::int[], $3::bigint[]) as counted (api_id, number, calls)
           group by 1, 2 order by 1, 2
           on conflict (api_id, day) do update set calls = api_calls.calls + excluded.calls`,
    values: [rows.map(({ apiId }) => apiId), rows.map(({ number }) => number), rows.map(({ count }) => count)],
  });
}
