import { describe, expect, it } from "vitest";
import { fingerprintOf } from "../../api/identity/fingerprint.ts";

const SALE = { method: "POST", path: "/api/v1/test" } as const;
const asked = (query: string, body?: unknown): string =>
  fingerprintOf(SALE, { requestId: "", body, query: new URLSearchParams(query), authorization: undefined });

describe("what a request is known by", () => {
  it.each([
    ["a=1&b=2", "b=2&a=1"],
    ["a=%31", "a=1"],
    ["", ""],
  ])("is the same for ?%s and ?%s", (one, other) => expect(asked(one)).toBe(asked(other)));

  it("is the same for bodies that say the same", () =>
    expect(asked("", { a: 1, b: { c: [1, 2], d: null } })).toBe(asked("", { b: { d: null, c: [1, 2] }, a: 1 })));

  it.each([
    // The first one counts: these ask for different amounts.
    ["amount=5&amount=10", "amount=10&amount=5"],
    ["a=1", "a=1&a=1"],
    ["a=1&b=2", "a=1%26b=2"],
    ["a=1", "a=%221%22"],
    ["a=1%0Ab=2", "a=1&b=2"],
  ])("tells ?%s from ?%s", (one, other) => expect(asked(one)).not.toBe(asked(other)));

  it.each<[unknown, unknown]>([
    [undefined, null],
    [undefined, {}],
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: 1 }, { a: "1" }],
    [JSON.parse('{"__proto__":1}'), {}],
  ])("tells body %j from %j", (one, other) => expect(asked("", one)).not.toBe(asked("", other)));

  it("is nobody's way to fill the stack", () => {
    const deep = JSON.parse("[".repeat(70) + "]".repeat(70));
    expect(() => asked("", deep)).toThrow(expect.objectContaining({ code: "invalid_json" }));
  });
});
