import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dollarsOf } from "../../../api/prices.ts";
import type { Sale } from "../../../api/sale.ts";
import { createWorld, JSON_TYPE, type World } from "../../world.ts";
import { quoteOf } from "../x402/counter.ts";
import { disagreements, openShopWindow, salesOf, viewsOf } from "./shop-window.ts";

let world: World;
beforeAll(async () => {
  world = await openShopWindow();
});
afterAll(() => world?.close());

describe("what is sold, in every view of it", () => {
  it("is what api/offers.ts sells, where it is sold, and for what a 402 asks", async () => {
    expect(salesOf(world).map(({ id }) => id)).toEqual([
      ...["balance.topup", "credits.topup", "numbers.buy.us", "numbers.buy.intl"],
      ...["numbers.mine.send", "numbers.mine.renew", "sms.send", "verifications.start", "lookup"],
    ]);
    expect(disagreements(await viewsOf(world), salesOf(world), world)).toEqual([]);
  });

  it("would be found to differ, if a price, a path or an offer did", async () => {
    const views = await viewsOf(world);
    const [first, ...others] = salesOf(world) as [Sale, ...Sale[]];
    const dearer = { ...first, priceMicroUsd: first.priceMicroUsd + 1n };
    const priced = ["402", "openapi", "discovery", "bazaar"];
    expect(disagreements(views, [dearer, ...others], world)).toEqual(
      priced.map((view) => `${view}: ${first.path} costs ${first.priceMicroUsd}`),
    );
    const moved = { ...first, path: "/api/v1/elsewhere" } as const;
    const missing = disagreements({ ...views, "402": () => undefined }, [moved], world);
    expect(missing).toEqual(Object.keys(views).map((view) => `${view}: /api/v1/elsewhere is missing`));
  });

  it("names nothing besides", async () => {
    const all = salesOf(world).map(({ path }) => world.url + path);
    const { body: openapi } = await world.ask("/openapi.json");
    const priced = Object.entries<object>(openapi.paths)
      .filter(([, item]) => Object.values(item).some((operation) => operation["x-payment-info"]))
      .map(([path]) => world.url + path);
    expect(priced).toEqual(all);
    const { body: discovery } = await world.ask("/api/v1/discovery");
    expect(discovery.resources.map(({ resource }: { resource: string }) => resource)).toEqual(all);
    expect((await world.ask("/.well-known/x402")).body.resources).toEqual(all);
  });

  it("answers 402 to an empty POST of a stranger, under every URL that is listed", async () => {
    const { body } = await world.ask("/.well-known/x402");
    expect(body.resources.length).toBeGreaterThan(5);
    for (const url of body.resources) expect((await fetch(url, { method: "POST" })).status).toBe(402);
  });
});

describe("GET /openapi.json", () => {
  it("says a fixed price in dollars as the 402 asks it, and what the buyer chooses by its bounds", async () => {
    const { body } = await world.ask("/openapi.json");
    for (const sale of salesOf(world)) {
      const { price, protocols } = body.paths[sale.path].post["x-payment-info"];
      const asked = quoteOf(await world.ask(sale.path, { method: "POST" }));
      expect(protocols).toEqual([{ x402: { versions: [1, 2], ...asked } }]);
      if (!sale.priceOf) expect(price).toEqual({ mode: "fixed", currency: "USD", amount: usd(asked.amount) });
    }
    const { price } = body.paths["/api/v1/x402/topup"].post["x-payment-info"];
    expect(price).toEqual({ mode: "dynamic", currency: "USD", min: "2.00", max: "10000.00" });
  });

  it("bounds what the buyer chooses where the 402 does", async () => {
    const ask = (amount_usd: number) =>
      world.ask("/api/v1/x402/topup", { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ amount_usd }) });
    const { min, max } = (await world.ask("/openapi.json")).body.paths["/api/v1/x402/topup"].post["x-payment-info"]
      .price;
    for (const bound of [min, max]) expect((await ask(Number(bound))).status).toBe(402);
    for (const beyond of [Number(min) - 0.01, Number(max) + 0.01]) expect((await ask(beyond)).status).toBe(400);
  });

  it("tells of a sign-in where one is needed, of a 402, and of each operation under a name of its own", async () => {
    const { body } = await world.ask("/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    expect(body.info.contact).toMatchObject({ email: "shop@example.com", url: world.url });
    const send = body.paths["/api/v1/numbers/mine/send"].post;
    expect(send.security).toEqual([{ ApiKey: [] }, { SignIn: [] }]);
    expect(body.paths["/api/v1/sms/send"].post.security).toEqual([]);
    expect(send.responses["402"].headers).toHaveProperty("Payment-Required");
    const items = [...Object.values<object>(body.paths), ...Object.values<object>(body.components.pathItems)];
    const ids = items.flatMap((item) => Object.values(item).flatMap(({ operationId }) => operationId ?? []));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { $ref } of Object.values<{ $ref?: string }>(body.paths).filter(({ $ref: ref }) => ref))
      expect(body.components.pathItems).toHaveProperty(String($ref).replace("#/components/pathItems/", ""));
  });
});

describe("where money is not taken", () => {
  it("lists nothing for sale, and still tells the rest", async () => {
    const bare = await createWorld();
    expect((await bare.ask("/discovery/resources")).body).toMatchObject({ items: [], pagination: { total: 0 } });
    expect((await bare.ask("/api/v1/discovery")).body).toMatchObject({ resources: [], networks: [], payTo: null });
    expect((await bare.ask("/.well-known/x402")).body).toMatchObject({ resources: [], networks: [], payTo: null });
    const { text, body } = await bare.ask("/openapi.json");
    expect(text).not.toContain('"x-payment-info":');
    expect(Object.keys(body.paths)).toContain("/api/{apiId}");
    expect(Object.keys(body.paths)).not.toContain("/api/v1/customer/purchase");
    const llms = (await bare.ask("/llms.txt")).text;
    expect(llms).toContain("X-402-Session");
    expect(llms).not.toContain("topup");
    await bare.close();
  });
});

const usd = (microUsd: string): string => dollarsOf(BigInt(microUsd)).toFixed(2);
