import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { callerOf, createRateLimit } from "../../api/identity/callers.ts";
import { TestClock } from "./support/test-clock.ts";

const request = (remoteAddress: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: forwarded ? { "x-forwarded-for": forwarded } : {},
  }) as unknown as IncomingMessage;

describe("who a request counts against", () => {
  it.each([
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::9", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
  ])("%s is %s", (address, caller) => {
    expect(callerOf(request(address), 0)).toBe(caller);
  });

  it("is the peer, whatever it claims, unless proxies are trusted", () => {
    expect(callerOf(request("192.0.2.7", "203.0.113.9"), 0)).toBe("192.0.2.7");
    expect(callerOf(request("192.0.2.7", "1.1.1.1, 203.0.113.9"), 1)).toBe("203.0.113.9");
    expect(callerOf(request("192.0.2.7", "1.1.1.1, 203.0.113.9, 10.0.0.1"), 2)).toBe("203.0.113.9");
    expect(callerOf(request("192.0.2.7"), 1)).toBe("192.0.2.7");
  });
});

describe("an entry of X-Forwarded-For", () => {
  it.each([
    ["203.0.113.9:4711", "203.0.113.9"],
    ["[2001:db8:1:2::9]:443", "2001:db8:1:2"],
    ["[2001:db8:1:2::9]", "2001:db8:1:2"],
    ["::FFFF:203.0.113.9", "203.0.113.9"],
  ])("%s is %s", (entry, caller) => {
    expect(callerOf(request("192.0.2.7", entry), 1)).toBe(caller);
  });

  it.each(["unknown", "", "203.0.113.9:", "203.0.113.999", "x".repeat(5_000), "_hidden:1"])(
    "that is no address counts against the proxy (%#)",
    (entry) => {
      expect(callerOf(request("192.0.2.7", `1.1.1.1, ${entry}`), 1)).toBe("192.0.2.7");
    },
  );
});

describe("a rate limit", () => {
  it("counts per caller and minute, and rounds the wait up", () => {
    const clock = new TestClock();
    const limit = createRateLimit(2, clock, 10);
    expect([limit.take("a"), limit.take("a")].map(({ remaining }) => remaining)).toEqual([1, 0]);
    clock.advance(0.1);
    expect(limit.take("a")).toEqual({ remaining: -1, retryAfterSec: 60 });
    expect(limit.take("b").remaining).toBe(1);
    clock.advance(59.9);
    expect(limit.take("a").remaining).toBe(1);
  });

  it("remembers a bounded number of callers", () => {
    const limit = createRateLimit(1, new TestClock(), 2);
    for (const caller of ["a", "b", "c"]) limit.take(caller);
    expect(limit.take("c").remaining).toBe(-1);
    expect(limit.take("a").remaining).toBe(0);
  });
});
