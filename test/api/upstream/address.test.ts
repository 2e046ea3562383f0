import { describe, expect, it } from "vitest";
import { addressOf } from "../../../api/providers/upstream/address.ts";
import { routeOf, rulesOf } from "../../../api/providers/upstream/rules.ts";

const routeTo = (path: string) => routeOf(`https://example.com${path}`, rulesOf([], []));

describe("where a caller's path leads", () => {
  it.each([
    { own: "/v1/data", path: "", query: "", expected: "/v1/data" },
    { own: "/v1/data/", path: "", query: "", expected: "/v1/data/" },
    { own: "", path: "", query: "", expected: "/" },
    { own: "/v1/data", path: "/a/b", query: "", expected: "/v1/data/a/b" },
    { own: "/v1/data/", path: "/a", query: "", expected: "/v1/data/a" },
    { own: "", path: "/a", query: "", expected: "/a" },
    { own: "/v1", path: "/a%20b/%C3%A4", query: "", expected: "/v1/a%20b/%C3%A4" },
    { own: "/v1", path: "/a..b/...", query: "", expected: "/v1/a..b/..." },
    { own: "/v1", path: "/http://127.0.0.1/", query: "", expected: "/v1/http://127.0.0.1/" },
    { own: "", path: "//127.0.0.1/x", query: "", expected: "//127.0.0.1/x" },
    { own: "/v1", path: "/a", query: "x=1&y=2", expected: "/v1/a?x=1&y=2" },
    { own: "/v1?key=k", path: "", query: "", expected: "/v1?key=k" },
    { own: "/v1?key=k", path: "", query: "x=1", expected: "/v1?key=k&x=1" },
  ])("$own + $path + $query: $expected", ({ own, path, query, expected }) => {
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
    "x=1;key=evil",
    "x=1;y=2;KEY=evil",
    "x;%6bey[]=evil",
    "key%00=evil",
    "key%00x[]=evil",
    "+key%00=evil",
    "key+=evil",
    "key%5B=evil",
    "key%0a[x]=evil",
  ])("is not replaced by %s", (query) => {
    expect(addressOf(routeTo("/v1?key=k"), "", `a=1&${query}&b=2`)).toBe("/v1?key=k&a=1&b=2");
  });

  it.each([
    "api.key=evil",
    "api+key=evil",
    "api%20key=evil",
    "api[key=evil",
    "api%5bkey=evil",
    "api_key=evil",
    "x;api.key",
  ])("named api_key is not replaced by %s", (query) => {
    expect(addressOf(routeTo("/v1?api_key=k"), "", `a=1&${query}`)).toBe("/v1?api_key=k&a=1");
  });

  it.each([
    ["a=1;key=k", "key=evil"],
    ["api.key=k", "api_key=evil"],
    ["key[x]=k", "key=evil"],
  ])("%s is not replaced by %s", (own, query) => {
    expect(addressOf(routeTo(`/v1?${own}`), "", `${query}&b=2`)).toBe(`/v1?${own}&b=2`);
  });

  it.each(["keys=1", "x=key", "x[key]=1", "akey=1", "x=1;y=key"])("does not stand in the way of %s", (query) => {
    expect(addressOf(routeTo("/v1?key=k"), "", query)).toBe(`/v1?key=k&${query}`);
  });
});
