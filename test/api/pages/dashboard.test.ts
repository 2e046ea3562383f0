import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, type World } from "../../world.ts";
import { openShopWindow, salesOf } from "../storefront/shop-window.ts";

const BROWSER = path.resolve(import.meta.dirname, "../../../api/storefront/pages/browser");

let everything: World;
let apisAlone: World;
beforeAll(async () => {
  everything = await openShopWindow();
  apisAlone = await createWorld();
});
afterAll(async () => {
  await everything?.close();
  await apisAlone?.close();
});

async function dashboard(world: World) {
  const { text, status, headers } = await world.ask("/dashboard");
  const [, block = "{}"] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text) ?? [];
  return { text, status, headers, data: JSON.parse(block) };
}

describe("GET /dashboard", () => {
  it("is a page of its own kind, which search engines leave out", async () => {
    const { status, headers, text } = await dashboard(everything);
    expect(status).toBe(200);
    expect(headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(text).toContain('<a href="/dashboard" aria-current="page">Dashboard</a>');
    expect(text).toContain('<meta name="robots" content="noindex">');
    expect(text).toContain("It holds for 24 hours");
  });

  it("is the same for everybody: whose it is comes after the sign-in", async () => {
    const { text } = await dashboard(everything);
    const headers = { Authorization: "Bearer nobody", "X-API-Key": "tpk_nobody" };
    expect((await everything.ask("/dashboard", { headers })).text).toBe(text);
    expect(text).toMatch(/<div id="signed-in" hidden>/);
  });

  it("tells its script what is sold, for how much, and where it is paid", async () => {
    const { data } = await dashboard(everything);
    expect(data.hasLines).toBe(true);
    expect(data.paidOn).toMatchObject({ id: 8453, name: "Base", nativeSymbol: "ETH" });
    expect(Object.keys(data.items)).toEqual(salesOf(everything).map(({ id }) => id));
    expect(data.line).toEqual({ priceUsd: 100, renewalUsd: 60, days: 30, texts: 10_000 });
    expect(data.tokens).toEqual([{ symbol: "AVAX", address: zeroAddress, decimals: 18 }]);
  });

  it("offers no line and no top-up where none is sold", async () => {
    const { status, data } = await dashboard(apisAlone);
    expect(status).toBe(200);
    expect(data).toMatchObject({ hasLines: false, items: {} });
    expect(data.paidOn).toBeUndefined();
  });

  it("has every element that its scripts look for, once", async () => {
    const { text } = await dashboard(everything);
    const scripts = [`${BROWSER}/dashboard.ts`, ...globSync(`${BROWSER}/dashboard/*.ts`)];
    const named = scripts.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/byId(?:<\w+>)?\("([\w-]+)"\)/g)].map(([, id]) => id),
    );
    expect(named).toEqual(expect.arrayContaining(["signed-in", "lines-list", "new-key"]));
    for (const id of [...named, "panel-lines", "panel-balance", "panel-keys", "panel-apis", "status", "error"])
      expect(text.split(` id="${id}"`), `#${id}`).toHaveLength(2);
  });

  it("has a script that is small, and loads nothing but it and the style", async () => {
    const { text } = await dashboard(everything);
    const loaded = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, url]) => url as string);
    expect(loaded.map((url) => path.basename(url))).toEqual(["style.css", "dashboard.js"]);
    const script = await fetch(everything.url + loaded[1], { headers: { "Accept-Encoding": "gzip" } });
    expect(script.headers.get("content-encoding")).toBe("gzip");
    expect(gzipSync(await script.text()).length).toBeLessThan(40_000);
  });
});
