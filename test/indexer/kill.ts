import { expect } from "vitest";
import { query } from "./rows.ts";
import type { TestIndexer } from "./run.ts";

/** Kills the Ponder that runs when `condition` comes true, and waits for the next one. */
export async function killWhen(indexer: TestIndexer, condition: () => Promise<boolean>): Promise<void> {
  await expect
    .poll(async () => (await condition()) && indexer.pid(), { timeout: 30_000, interval: 10 })
    .toBeGreaterThan(0);
  const killed = indexer.pid() as number;
  process.kill(killed, "SIGKILL");
  const successor = () => indexer.pid() ?? killed;
  await expect.poll(successor, { timeout: 30_000, interval: 20 }).not.toBe(killed);
}

/** Whether the query finds a row; not while its table is missing. */
export const has = (databaseUrl: string, text: string): Promise<boolean> =>
  query(databaseUrl, text).then(
    (found) => found.length > 0,
    () => false,
  );
