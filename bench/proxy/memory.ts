import type { Contender } from "./contenders.ts";
import { residentMiB, wrk } from "./load.ts";

const CONNECTIONS = 512;
const STEP_SECONDS = 5;
/** After the first tenth, the heap has its working size; from then on it may breathe but not grow. */
const WARM = 0.1;
const GROWTH_ALLOWED = 1.15;

/** Resident memory at 512 connections over so many requests, one line for each step. */
export async function measureMemory({ pid, urlOf, headers = [] }: Contender, total: number): Promise<void> {
  const trail: { requests: number; mib: number }[] = [];
  let requests = 0;
  while (requests < total) {
    const output = await wrk({ url: urlOf("1k") ?? "", connections: CONNECTIONS, seconds: STEP_SECONDS, headers });
    if (/Non-2xx/.test(output)) throw new Error(output);
    requests += Number(/(\d+) requests in/.exec(output)?.[1]);
    trail.push({ requests, mib: residentMiB(pid) });
    console.log(`${requests} requests: ${trail.at(-1)?.mib.toFixed(0)} MiB`);
  }
  const warm = trail.filter((step) => step.requests >= total * WARM).map(({ mib }) => mib);
  const third = Math.ceil(warm.length / 3);
  const ratio = Math.max(...warm.slice(-third)) / Math.max(...warm.slice(0, third));
  console.log(
    `${ratio <= GROWTH_ALLOWED ? "met   " : "MISSED"} last third against first: ${ratio.toFixed(2)} (target <= ${GROWTH_ALLOWED})`,
  );
}
