import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { freshDatabase } from "../support/database.ts";
import { createWorld, type World } from "../world.ts";
import { FakeFacilitator } from "./x402/fake-facilitator.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

describe("every answer", () => {
  it.each(["/healthz", "/nothing", "/api/nothing", "/api/v1/nothing", "/api/402/apis", "/metrics"])(
    "%s carries a request id, what is left of the rate, and CORS",
    async (target) => {
      const { headers } = await world.ask(target);
      expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      expect(headers.get("x-ratelimit-remaining")).toMatch(/^\d+$/);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toContain("X-Request-Id");
    },
  );

  it("a preflight allows what real clients send", async () => {
    for (const target of ["/api/00000000-0000-4000-8000-000000000000/x", "/api/v1/auth/siwe", "/api/402/apis"]) {
      const { status, headers } = await world.ask(target, { method: "OPTIONS" });
      expect(status).toBe(204);
      const allowed = (headers.get("access-control-allow-headers") ?? "").toLowerCase().split(", ");
      for (const name of [
        "authorization",
        "content-type",
        "x-402-session",
        "prefer",
        "payment",
        "payment-signature",
        "x-payment",
      ])
        expect(allowed).toContain(name);
      expect(headers.get("access-control-allow-methods")).toContain("PATCH");
    }
  });
});

describe("404", () => {
  it("is told in the dialect of its path", async () => {
    expect((await world.ask("/api/402/nothing")).body).toMatchObject({ code: "not_found" });
    expect((await world.ask("/nothing")).body).toMatchObject({ code: "not_found" });
    const v1 = await world.ask("/api/v1/nothing");
    expect(v1.body).toEqual({
      error: "not_found",
      message: expect.any(String),
      request_id: v1.headers.get("x-request-id"),
    });
  });
});

describe("life signs", () => {
  it("/healthz is 200 whatever happens outside", async () => {
    world.indexed.fresh = false;
    expect((await world.ask("/healthz")).status).toBe(200);
    world.indexed.fresh = true;
  });

  it("/readyz tells a stale index, per chain", async () => {
    expect((await world.ask("/readyz")).status).toBe(200);
    world.indexed.fresh = false;
    world.clock.advance(1);
    const { status, body } = await world.ask("/readyz");
    world.indexed.fresh = true;
    world.clock.advance(1);
    expect([status, body.ready]).toEqual([503, false]);
    expect(body.checks.index).toEqual([{ chain_id: 43114, lag_sec: 600, checkpoint_block: "100", fresh: false }]);
  });

  it("/readyz tells a node of another chain, but does without a node", async () => {
    world.clock.advance(60);
    world.chain.chainId = 1;
    const wrong = await world.ask("/readyz");
    world.clock.advance(60);
    world.chain.isDown = true;
    const away = await world.ask("/readyz");
    Object.assign(world.chain, { chainId: 43114, isDown: false });
    world.clock.advance(60);
    expect([wrong.status, wrong.body.checks.chain]).toEqual([503, { expected: 43114, actual: 1 }]);
    expect([away.status, away.body.checks.chain]).toEqual([200, { expected: 43114, actual: null }]);
    expect((await world.ask("/readyz")).body.checks.chain).toEqual({ expected: 43114, actual: 43114 });
  });

  it("/readyz tells who cannot settle, and refuses a wrong node of the receiver's chain, where something is sold per call", async () => {
    const place = { RECEIVER_ADDRESS: `0x${"22".repeat(20)}`, RECEIVER_START_BLOCK: "1" };
    const shop = await createWorld(
      { ...place, BASE_RPC_URL: "http://127.0.0.1:1", SETTLER_KEY: "11".repeat(32) },
      ({ indexed }) => ({ facilitator: new FakeFacilitator(indexed) }),
    );
    const facilitator = shop.server.deps.facilitator as FakeFacilitator;
    const health = vi.spyOn(facilitator, "health");
    const probe = async (afterSec: number) => {
      shop.clock.advance(afterSec);
      const { status, body } = await shop.ask("/readyz");
      return [status, body.checks.facilitator, body.checks.receiver_chain.actual];
    };
    const good = [await probe(1), await probe(1), await probe(1)];
    const asked = health.mock.calls.length;
    health.mockResolvedValue(false);
    const settlesNothing = await probe(60);
    health.mockReturnValue(new Promise(() => {}));
    const hangs = await probe(1);
    health.mockResolvedValue(true);
    const back = await probe(1);
    shop.chain.receiverChainId = 1;
    const wrong = await probe(60);
    await shop.close();
    expect([good, asked]).toEqual([Array(3).fill([200, true, 8453]), 1]);
    expect([settlesNothing, hangs, back]).toEqual([
      [200, false, 8453],
      [200, false, 8453],
      [200, true, 8453],
    ]);
    expect(wrong).toEqual([503, true, 1]);
    expect((await world.ask("/readyz")).body.checks).not.toHaveProperty("facilitator");
  });

  it("/readyz and /metrics do their work once for all who ask at the same time", async () => {
    const queries = vi.spyOn(world.server.deps.db.pool, "query");
    const collections = vi.spyOn(world.server.deps.metrics.registry, "metrics");
    world.clock.advance(1);
    const asked = ["/readyz", "/metrics"].flatMap((path) => Array.from({ length: 20 }, () => world.ask(path)));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
    // The worker may be asking the database for something of its own.
    const probes = queries.mock.calls.filter(([text]) => (text as unknown) === "select 1");
    const counts = [probes.length, collections.mock.calls.length];
    for (const spy of [queries, collections]) spy.mockRestore();
    expect(counts).toEqual([1, 1]);
  });

  it("/metrics counts by room and status, and names no upstream", async () => {
    const apiId = await world.sell();
    await world.ask(`/api/${apiId}`, { session: await world.bought(apiId) });
    world.clock.advance(1);
    const { text } = await world.ask("/metrics");
    expect(text).toMatch(/turnpike_http_requests_total\{room="masked-api",status="200"\} [1-9]/);
    expect(text).toMatch(/turnpike_unlocked_calls_total\{binding="bound"\} [1-9]/);
    expect(text).toContain('turnpike_index_lag_seconds{chain="43114"} 1');
    expect(text).not.toContain(world.upstream.host);
  });

  it("/llms.txt is where the 402's agent_docs leads", async () => {
    const { body } = await world.ask(`/api/${await world.sell()}`);
    const { status, text } = await world.ask(new URL(body.data.agent_docs).pathname);
    expect(status).toBe(200);
    expect(text).toContain("X-402-Session");
  });
});

describe("a stop", () => {
  it("finishes what is in flight and takes nothing new", async () => {
    const sibling = await world.sibling();
    const apiId = await world.sell();
    const session = await world.bought(apiId);
    let release = () => {};
    const asked = new Promise<void>((resolve) => {
      world.upstream.answer((_, response) => {
        release = () => response.end('{"late":true}');
        resolve();
      });
    });
    const answer = sibling.ask(`/api/${apiId}`, { session });
    await asked;
    const stopped = sibling.server.stop();
    await expect(fetch(`${sibling.url}/healthz`)).rejects.toThrow();
    release();
    world.upstream.answer(undefined);
    expect((await answer).body.code).toBe("successful");
    await stopped;
  });
});

describe("node api/server.ts", () => {
  const script = path.resolve(import.meta.dirname, "../../api/server.ts");
  const run = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
    let [out, complaint] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      complaint += chunk;
    });
    const ended = new Promise<{ code: number | null; out: string; complaint: string }>((resolve) =>
      child.on("close", (code) => resolve({ code, out, complaint })),
    );
    return { child, ended };
  };

  it("--help names every variable of the environment", async () => {
    const { code, out } = await run(["--help"]).ended;
    expect(code).toBe(0);
    const source = await readFile(path.resolve(script, "../env/variables.ts"), "utf8");
    const names = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name as string);
    expect(names).toEqual(expect.arrayContaining(["DATABASE_URL", "SETTLER_KEY", "PHONE_CARRIER", "LOG_LEVEL"]));
    expect(names.filter((name) => !out.includes(name))).toEqual([]);
    expect(out).toContain("name only what the");
  });

  it("refuses to start without its settings, and names them", async () => {
    const { code, complaint } = await run([]).ended;
    expect(code).toBe(1);
    expect(complaint).toMatch(/DATABASE_URL: is missing[\s\S]*SESSION_KEYS: is missing/);
  });

  it("starts while the chain is away, says it is not ready, and stops on SIGTERM with code 0", async () => {
    const { child, ended } = run([], {
      DATABASE_URL: await freshDatabase(inject("pgUrl")),
      SESSION_KEYS: "11".repeat(32),
      SECRETS_KEY: "22".repeat(32),
      AVALANCHE_RPC_URL: "http://127.0.0.1:1",
      GATEWAY_ADDRESS: `0x${"11".repeat(20)}`,
      GATEWAY_START_BLOCK: "1",
      PORT: "0",
    });
    const url = await new Promise<string>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        const found = /"url":"(http[^"]+)"/.exec(String(chunk))?.[1];
        if (found) resolve(found);
      });
    });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const readiness = await fetch(`${url}/readyz`);
    expect([readiness.status, ((await readiness.json()) as { checks: object }).checks]).toEqual([
      503,
      expect.objectContaining({ database: true, fee: false, stopping: false }),
    ]);
    child.kill("SIGTERM");
    expect((await ended).code).toBe(0);
  });
});
