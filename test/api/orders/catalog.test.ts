import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OrderShop, openOrderShop } from "./order-shop.ts";
import { goodsOfTests } from "./stand-in.ts";

let shop: OrderShop;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());

const services = async (query = "") => (await shop.world.ask(`/api/v1/catalog/services${query}`)).body;
const countries = async (query = "") => (await shop.world.ask(`/api/v1/catalog/countries${query}`)).body;

describe("GET /api/v1/catalog/services", () => {
  it("tells what can be had, by name, at the retail price", async () => {
    expect(await services()).toEqual({
      success: true,
      services: [
        {
          service: "mail",
          name: "A Mail Service",
          from_price_usd: 0.13,
          available: 2_000,
          countries: 2,
          timeout_sec: 120,
        },
        { service: "discord", name: "Discord", from_price_usd: 0.07, available: 1_005, countries: 2, timeout_sec: 600 },
      ],
      total: 2,
      limit: 50,
      offset: 0,
      next: null,
    });
  });

  it("of one country", async () => {
    const { services: found } = await services("?country=GB");
    expect(found.map(({ service, from_price_usd, available }: never) => [service, from_price_usd, available])).toEqual([
      ["mail", 0.26, 1_000],
      ["discord", 0.44, 5],
    ]);
  });

  it("shows what is out of stock with the price that it had", async () => {
    expect((await services("?country=us")).services).toEqual([
      { service: "discord", name: "Discord", from_price_usd: 0.02, available: 0, countries: 0, timeout_sec: 600 },
    ]);
  });

  it("searches names and ids in any letter case", async () => {
    expect((await services("?search=DISC")).services).toHaveLength(1);
    expect((await services("?search=mail%20serv")).services).toHaveLength(1);
    expect((await services("?search=nothing")).total).toBe(0);
  });

  it("is paged, and the next page's address keeps the question", async () => {
    const first = await services("?limit=1&search=i");
    expect([first.total, first.services.length]).toEqual([2, 1]);
    expect(first.next).toBe(`${shop.world.url}/api/v1/catalog/services?limit=1&search=i&offset=1`);
    const { body: second } = await shop.world.ask(first.next.slice(shop.world.url.length));
    expect([second.services[0].service, second.next]).toEqual(["discord", null]);
  });

  it("names the parameter that is wrong", async () => {
    for (const [query, field] of [
      ["?limit=0", "limit"],
      ["?limit=101", "limit"],
      ["?limit=ten", "limit"],
      ["?offset=-1", "offset"],
      ["?country=zz", "country"],
      [`?search=${"x".repeat(101)}`, "search"],
    ]) {
      const answer = await shop.world.ask(`/api/v1/catalog/services${query}`);
      expect([answer.status, answer.body.error, answer.body.details.field]).toEqual([400, "invalid_field", field]);
    }
  });

  it("follows the supplier", async () => {
    shop.supplier.goods = goodsOfTests().map((offer) => ({ ...offer, stock: 7 }));
    const { services: found } = await services("?search=discord");
    shop.supplier.goods = goodsOfTests();
    expect(found[0]).toMatchObject({ from_price_usd: 0.02, available: 21, countries: 3 });
  });

  it("says so when the supplier cannot be asked", async () => {
    shop.supplier.isAway = true;
    const answer = await shop.world.ask("/api/v1/catalog/services");
    shop.supplier.isAway = false;
    expect([answer.status, answer.body.error]).toEqual([502, "provider_unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("5");
  });
});

describe("GET /api/v1/catalog/countries", () => {
  it("tells the lowest price of each", async () => {
    expect((await countries()).countries).toEqual([
      { country: "id", name: "Indonesia", from_price_usd: 0.07, available: 2_000 },
      { country: "gb", name: "United Kingdom", from_price_usd: 0.26, available: 1_005 },
      { country: "us", name: "United States", from_price_usd: 0.02, available: 0 },
    ]);
  });

  it("tells the price of a service", async () => {
    expect((await countries("?service=Discord&search=united")).countries).toEqual([
      { country: "gb", name: "United Kingdom", price_usd: 0.44, available: 5 },
      { country: "us", name: "United States", price_usd: 0.02, available: 0 },
    ]);
  });

  it("names a service that nobody sells", async () => {
    const answer = await shop.world.ask("/api/v1/catalog/countries?service=telepathy");
    expect([answer.status, answer.body.details.field]).toEqual([400, "service"]);
  });
});
