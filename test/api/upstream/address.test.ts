import { describe, expect, it } from "vitest";
import { addressOf } from "../../../api/providers/upstream/address.ts";
import { routeOf, rulesOf } from "../../../api/providers/upstream/rules.ts";

const routeTo = (path: string) => routeOf(`https://example.com${path}`, rulesOf([], []));

describe("where a caller's path leads", () => {
  it.each([
    ["/v1/data", "", "", "/v1/data"],
    ["/v1/data/", "", "", "/v1/data/"],
    ["", "", "", "/"],
    ["/v1/data", "/a/b", "", "/v1/data/a/b"],
    ["/v1/data/", "/a", "", "/v1/data/a"],
    ["", "/a", "", "/a"],
    ["/v1", "/a%20b/%C3%A4", "", "/v1/a%20b/%C3%A4"],
    ["/v1", "/a..b/...", "", "/v1/a..b/..."],
    ["/v1", "/http://127.0.0.1/", "", "/v1/http://127.0.0.1/"],
    ["", "//127.0.0.1/x", "", "//127.0.0.1/x"],
    ["/v1", "/a", "x=1&y=2", "/v1/a?x=1&y=2"],
    ["/v1?key=k", "", "", "/v1?key=k"],
    ["/v1?key=k", "", "x=1", "/v1?key=k&x=1"],
  ])("%s + %s + %s: %s", (own, path, query, expected) => {
    expect(addressOf(routeTo(own), path, query)).toBe(expected);
  });

  it.each([
    "/..",
    "/../admin",
    "/a/../../admin",
    "/a/..",
    "/%2e%2e/admin",
    "/.%2E/admin",
    "/%252e%252e/admin",
    "/%25252e%25252e/admin",
    "/..%2fadmin",
    "/a%2f..%2f..%2fadmin",
    "/..%5cadmin",
    "/..\\admin",
    "/a\\..\\..\\admin",
    "/..;/admin",
    "/..;x=1/admin",
    "/..%3b/admin",
    "/a b",
    "/a#b",
    "/a\r\nHost: x",
    "/a\u00e4",
    "/a\u0000",
  ])("refused: %j", (path) => {
    expect(() => addressOf(routeTo("/v1/data"), path, "")).toThrowError(
      expect.objectContaining({ code: "bad_request" }),
    );
  });

  it("refuses what is longer than a URL may be", () => {
    expect(() => addressOf(routeTo("/"), "", "x".repeat(9_000))).toThrowError(
      expect.objectContaining({ code: "url_too_long" }),
    );
  });
});

describe("a parameter of the merchant's own", () => {
  it.each([
    "key=evil",
    "KEY=evil",
    "%6bey=evil",
    "k%65y=evil",
    "key",
    "key[]=evil",
    "key[a]=evil",
    "key;x=evil",
    "+key=evil",
  ])("is not replaced by %s", (query) => {
    expect(addressOf(routeTo("/v1?key=k"), "", `a=1&${query}&b=2`)).toBe("/v1?key=k&a=1&b=2");
  });
});
