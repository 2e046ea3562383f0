import { describe, expect, it } from "vitest";
import { Gate } from "../../../api/providers/upstream/gate.ts";
import { openFaultyServer } from "./faulty-server.ts";
import { ask, codeOf, hidden, openProxy, until } from "./proxy.ts";

const LIMITS = { concurrentPerApi: 2, breakerFaults: 3, breakerMs: 5_000 };
const busy = expect.objectContaining({ code: "upstream_busy", status: 503, retryAfterSec: 1 });

describe("exchanges at once", () => {
  it("are limited for each API on its own", () => {
    const gate = new Gate(LIMITS);
    gate.enter("a");
    gate.enter("a");
    expect(() => gate.enter("a")).toThrowError(busy);
    gate.enter("b");
    gate.leave("a", undefined);
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
    gate.enter("a");
    gate.leave("a", "upstream_unreachable");
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
    gate.leave("a", undefined);
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
      gate.leave("a", fault % 2 ? "body_too_large" : "upstream_redirect");
    }
    gate.enter("a");
  });

  it("one success among faults starts the count anew", () => {
    const gate = new Gate(LIMITS);
    for (let round = 0; round < 5; round++) {
      failing(gate);
      failing(gate);
      gate.enter("a");
      gate.leave("a", undefined);
    }
    gate.enter("a");
  });
});
