import { describe, expect, it, vi } from "vitest";
import { Gate } from "../../../api/providers/upstream/gate.ts";
import { openFaultyServer } from "./faulty-server.ts";
import { type Ask, ask, codeOf, hidden, openProxy, until } from "./proxy.ts";

const LIMITS = { concurrentPerApi: 2, breakerFaults: 3, breakerMs: 5_000 };
const busy = expect.objectContaining({ code: "upstream_busy", status: 503, retryAfterSec: 1 });

describe("exchanges at once", () => {
  it("are limited for each API on its own", () => {
    const gate = new Gate(LIMITS);
    gate.enter("a");
    gate.enter("a");
    expect(() => gate.enter("a")).toThrowError(busy);
    gate.enter("b");
    gate.leave("a", undefined, false);
    gate.enter("a");
  });

  it("one more is told 503 with Retry-After, and takes nobody's place", async () => {
    const server = await openFaultyServer();
    const { options } = hidden(server.port);
    const proxy = await openProxy({ ...options, limits: { concurrentPerApi: 1 } });
    proxy.target = hidden(server.port, "/silent").target;
    const first = ask(proxy.port).catch(() => undefined);
    await until(() => server.received.length === 1);
    const seen = await ask(proxy.port);
    expect([seen.status, codeOf(seen), seen.headers["retry-after"]]).toEqual([503, "upstream_busy", "1"]);
    for (const socket of server.connections) socket.destroy();
    await first;
    proxy.target = hidden(server.port, "/good").target;
    expect((await ask(proxy.port)).status).toBe(200);
    await proxy.close();
    await server.close();
  });
});

describe("the breaker", () => {
  const failing = (gate: Gate) => {
    gate.leave("a", "upstream_unreachable", gate.enter("a"));
  };

  it("opens after consecutive faults, lets one exchange try, and closes at its success", () => {
    let nowMs = 0;
    const gate = new Gate(LIMITS, () => nowMs);
    for (let fault = 0; fault < 3; fault++) failing(gate);
    nowMs = 3_500;
    expect(() => gate.enter("a")).toThrowError(
      expect.objectContaining({ code: "upstream_unreachable", retryAfterSec: 1.5 }),
    );
    gate.enter("b");
    nowMs = 5_000;
    gate.enter("a");
    expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
    gate.leave("a", undefined, false);
    gate.enter("a");
    gate.enter("a");
  });

  it("stays open when the try fails", () => {
    let nowMs = 0;
    const gate = new Gate(LIMITS, () => nowMs);
    for (let fault = 0; fault < 3; fault++) failing(gate);
    nowMs = 5_000;
    failing(gate);
    nowMs = 9_999;
    expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
    nowMs = 10_000;
    gate.enter("a");
  });

  it("does not count what is the caller's doing, or an odd answer", () => {
    const gate = new Gate(LIMITS);
    for (let fault = 0; fault < 9; fault++) {
      gate.enter("a");
      gate.leave("a", fault % 2 ? "body_too_large" : "upstream_redirect", false);
    }
    gate.enter("a");
  });

  it("a caller who leaves neither counts nor starts the count anew", () => {
    const gate = new Gate(LIMITS);
    for (let fault = 0; fault < 3; fault++) {
      gate.leave("a", "client_gone", gate.enter("a"));
      failing(gate);
    }
    expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
  });

  it("an odd answer among faults starts the count anew, and closes it as a try", () => {
    let nowMs = 0;
    const gate = new Gate(LIMITS, () => nowMs);
    failing(gate);
    failing(gate);
    gate.leave("a", "upstream_redirect", gate.enter("a"));
    for (let fault = 0; fault < 3; fault++) failing(gate);
    expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
    nowMs = 5_000;
    gate.leave("a", "upstream_too_large", gate.enter("a"));
    gate.enter("a");
    gate.enter("a");
  });

  it.each(["client_gone", "body_too_large", "request_timeout", "upstream_busy"] as const)(
    "a try that ends as %s makes way for another, and no other exchange does",
    (fault) => {
      let nowMs = 0;
      const gate = new Gate(LIMITS, () => nowMs);
      const early = gate.enter("a");
      for (let count = 0; count < 3; count++) failing(gate);
      gate.leave("a", fault, early);
      expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
      nowMs = 5_000;
      const isProbe = gate.enter("a");
      expect([early, isProbe]).toEqual([false, true]);
      gate.leave("a", fault, isProbe);
      expect(gate.enter("a")).toBe(true);
      expect(() => gate.enter("a")).toThrowError(expect.objectContaining({ code: "upstream_unreachable" }));
    },
  );

  it.each<[string, Ask]>([
    ["climbs", { path: "/%2e%2e/x" }],
    ["sends too much", { method: "POST", body: Buffer.alloc(2_000_000) }],
    ["goes in a loop", { headers: { via: `1.1 ${"a".repeat(600)}` } }],
  ])("a request that %s is refused before it may take the try", async (_, request) => {
    const server = await openFaultyServer();
    const { options } = hidden(server.port);
    const proxy = await openProxy({ ...options, limits: { breakerFaults: 1 } });
    proxy.target = hidden(server.port, "/resetsAtOnce").target;
    expect((await ask(proxy.port)).status).toBe(502);
    const now = performance.now.bind(performance);
    const later = vi.spyOn(performance, "now").mockImplementation(() => now() + 5_000);
    proxy.target = hidden(server.port, "/good").target;
    expect([400, 413, 508]).toContain((await ask(proxy.port, request)).status);
    expect((await ask(proxy.port)).status).toBe(200);
    later.mockRestore();
    await proxy.close();
    await server.close();
  });

  it("one success among faults starts the count anew", () => {
    const gate = new Gate(LIMITS);
    for (let round = 0; round < 5; round++) {
      failing(gate);
      failing(gate);
      gate.enter("a");
      gate.leave("a", undefined, false);
    }
    gate.enter("a");
  });
});
