import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Postgres, startPostgres } from "../../dev/postgres.ts";
import { freePort } from "../../dev/process.ts";
import { startTestChain, type TestChain } from "./chain.ts";
import { query } from "./rows.ts";
import { expectExact, startTestIndexer, type TestIndexer } from "./run.ts";
import { startTraffic } from "./traffic.ts";

describe("Postgres killed with SIGKILL under traffic", () => {
  const home = mkdtempSync("/var/tmp/turnpike-durability-");
  let postgres: Postgres;
  let chain: TestChain;
  let indexer: TestIndexer;
  let port: number;

  beforeAll(async () => {
    chmodSync(home, 0o755);
    port = await freePort();
    [chain, postgres] = await Promise.all([
      startTestChain(),
      startPostgres({ dataDir: path.join(home, "data"), port }),
    ]);
    indexer = await startTestIndexer(chain, { databaseUrl: postgres.url });
    await indexer.ready;
  });
  afterAll(async () => {
    await indexer?.stop();
    await chain?.stop();
    await postgres?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it("loses no payment in four crashes, and Ponder lives through all of them", async () => {
    const pid = indexer.pid();
    const traffic = startTraffic(chain);
    for (let crash = 1; crash <= 4; crash++) {
      const before = traffic.count();
      await expect
        .poll(() => indexedRows(postgres.url), { timeout: 30_000, interval: 20 })
        .toBeGreaterThan(before + 20);
      await killAtOnce(postgres);
      postgres = await startPostgres({ dataDir: path.join(home, "data"), port });
    }
    const sent = await traffic.stop();
    expect(await expectExact(postgres.url, chain)).toBe(sent);
    expect(indexer.pid()).toBe(pid);
  });
});

async function indexedRows(databaseUrl: string): Promise<number> {
  const counted = await query<{ n: number }>(databaseUrl, "select count(*)::int as n from onchain.payment").catch(
    () => [],
  );
  return counted[0]?.n ?? 0;
}

/** The whole server, as a power cut would: its children first would have time to write. */
async function killAtOnce({ pid, exited }: Postgres): Promise<void> {
  const children = spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" })
    .stdout.split("\n")
    .filter(Boolean);
  for (const one of [pid, ...children.map(Number)]) {
    try {
      process.kill(one, "SIGKILL");
    } catch {
      // It ended with its parent.
    }
  }
  await exited;
}
