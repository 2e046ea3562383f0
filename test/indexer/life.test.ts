import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { alive, freePort } from "../../dev/process.ts";
import { freshDatabase } from "../support/database.ts";
import { openId, payNative, startTestChain, type TestChain } from "./chain.ts";
import { indexRows, query } from "./rows.ts";
import { caughtUp, expectExact, startTestIndexer, type TestIndexer } from "./run.ts";

describe("a life of the index", () => {
  let chain: TestChain;
  let databaseUrl: string;
  const open: { stop(): Promise<void> }[] = [];

  beforeEach(async () => {
    [chain, databaseUrl] = await Promise.all([startTestChain(), freshDatabase(inject("pgUrl"))]);
    open.push(chain);
    for (let i = 0; i < 3; i++) await payNative(chain, { sessionId: openId(`life ${i}`) });
  });
  afterEach(async () => {
    while (open.length > 0) await open.pop()?.stop();
  });

  async function start(given: Partial<TestIndexer["options"]> = {}): Promise<TestIndexer> {
    const indexer = await startTestIndexer(chain, { databaseUrl, ...given });
    open.push(indexer);
    return indexer;
  }

  const schemas = async () => {
    const text = "select nspname from pg_namespace where nspname like 'idx%'";
    return (await query<{ nspname: string }>(databaseUrl, text)).map(({ nspname }) => nspname);
  };

  it("builds byte-identical rows again after its schema was dropped", async () => {
    const first = await start();
    await first.ready;
    await chain.client.mine({ blocks: 40 });
    for (let i = 0; i < 3; i++) await payNative(chain, { sessionId: openId(`life ${i}`), amountWei: 7n });
    await expectExact(databaseUrl, chain);
    const before = await indexRows(databaseUrl);
    expect(before?.sessions).toHaveLength(3);
    await first.stop();

    await query(databaseUrl, `drop schema ${first.schema} cascade`);
    expect(await indexRows(databaseUrl)).toBeUndefined();
    const second = await start();
    await second.ready;
    await caughtUp(databaseUrl, chain);
    expect(second.schema).toBe(first.schema);
    expect(await indexRows(databaseUrl)).toEqual(before);
  });

  it("moves to a schema of another name when what decides the rows changes, and drops the old one", async () => {
    const first = await start();
    await first.ready;
    await first.stop();

    const second = await start({ gateway: { ...chain.gateway, startBlock: 0 } });
    await second.ready;
    expect(second.schema).not.toBe(first.schema);
    await expect.poll(() => second.log).toContain(`dropped the old index: ${first.schema}`);
    expect(await schemas()).toEqual([second.schema]);
    expect(await expectExact(databaseUrl, chain)).toBe(3);
  });

  it("listens on its own port and on no other", async () => {
    const port = await freePort();
    const stranger = createServer().listen(port, "127.0.0.1");
    await once(stranger, "listening");
    const indexer = await start({ port });
    await expect.poll(() => indexer.log, { timeout: 60_000 }).toContain(`port ${port} is taken`);

    stranger.close();
    await indexer.ready;
    expect((await fetch(`http://127.0.0.1:${port}/ready`)).status).toBe(200);
    expect(indexer.url).toBe(`http://127.0.0.1:${port}`);
  });

  it("stops without leaving a lock, and Ponder ends with a supervisor that is killed", async () => {
    const clean = await start();
    await clean.ready;
    await clean.stop();
    expect(await locked(databaseUrl, clean.schema)).toBe("0");

    const { pid, supervisor } = await startSupervisor({ ...clean.options, rpcUrl: chain.rpcUrl, rpcUrls: undefined });
    expect(await locked(databaseUrl, clean.schema)).toBe("1");
    supervisor.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 15_000 }).toBe(false);
  });

  it("releases the lock that a killed Ponder and a killed supervisor left behind", async () => {
    const options = { ...(await stopped()).options, rpcUrl: chain.rpcUrl, rpcUrls: undefined };
    const { pid, supervisor } = await startSupervisor(options);
    supervisor.kill("SIGSTOP");
    process.kill(pid, "SIGKILL");
    supervisor.kill("SIGKILL");
    await once(supervisor, "exit");

    const indexer = await start({ pidFile: options.pidFile });
    expect(await locked(databaseUrl, indexer.schema)).toBe("1");
    await indexer.ready;
    expect(indexer.log.filter((line) => line.includes("locked"))).toEqual([]);
    expect(await expectExact(databaseUrl, chain)).toBe(3);
  });

  it("stands by while another indexer writes the same schema, and takes over when that one ends", async () => {
    const first = await start();
    await first.ready;
    const second = await start();
    const waiting = `another indexer writes ${second.schema}; waiting for its end`;
    await expect.poll(() => second.log, { timeout: 20_000 }).toContain(waiting);
    expect(second.pid()).toBeUndefined();
    expect(await locked(databaseUrl, first.schema)).toBe("1");

    await first.stop();
    await second.ready;
    expect(await expectExact(databaseUrl, chain)).toBe(3);
  });

  /** Options of an indexer that has run and ended. */
  async function stopped(): Promise<TestIndexer> {
    const indexer = await start();
    await indexer.ready;
    await indexer.stop();
    return indexer;
  }
});

async function locked(databaseUrl: string, schema: string): Promise<string | undefined> {
  const text = `select value ->> 'is_locked' as locked from ${schema}._ponder_meta`;
  return (await query<{ locked: string }>(databaseUrl, text))[0]?.locked;
}

async function startSupervisor(options: object) {
  const script = new URL("./supervisor.ts", import.meta.url).pathname;
  const supervisor = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(supervisor.stdout, "data");
  return { supervisor, pid: Number(line) };
}
