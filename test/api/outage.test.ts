import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { within } from "../../api/clock.ts";
import { createWorld, type World } from "../world.ts";
import { startFreezingProxy } from "./support/freezing-proxy.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

describe("while the database is away", () => {
  it.each([
    [Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), { code: "ECONNREFUSED" }), 503, "not_ready"],
    [Object.assign(new Error("terminating connection"), { code: "57P01" }), 503, "not_ready"],
    [new Error("Connection terminated unexpectedly"), 503, "not_ready"],
    [new Error("a bug of ours at 10.1.2.3"), 500, "internal"],
  ])("%s is told as %d", async (error, status, code) => {
    const failing = vi.spyOn(world.server.deps.db.pool, "query").mockImplementation(() => Promise.reject(error));
    const masked = await world.ask("/api/00000000-0000-4000-8000-000000000001");
    const v1 = await world.ask("/api/v1/auth/siwe?address=0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    failing.mockRestore();
    expect([masked.status, masked.body.code, v1.status, v1.body.error]).toEqual([status, code, status, code]);
    expect(masked.text + v1.text).not.toContain("10.1.2.3");
    expect(masked.headers.get("retry-after")).toBe(status === 503 ? "2" : null);
  });
});

describe("while the database hangs", () => {
  it("probes and callers are told, and a stop comes to its end", async () => {
    const proxy = await startFreezingProxy(world.databaseUrl);
    const sibling = await world.sibling({ DATABASE_URL: proxy.databaseUrl });
    proxy.freeze();
    const masked = sibling.ask("/api/00000000-0000-4000-8000-000000000009");
    const ready = await within(4_000, sibling.ask("/readyz"));
    expect([ready.status, ready.body.checks.database]).toEqual([503, false]);
    const { status, body } = await within(8_000, masked);
    expect([status, body.code]).toEqual([503, "not_ready"]);
    await within(8_000, sibling.server.stop());
    await proxy.close();
  });
});
