import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { TestKey } from "../balance/key.ts";
import { type OrderShop, openOrderShop, PRICE, passing } from "./order-shop.ts";

let shop: OrderShop;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key();
});
afterEach(() => shop.audit());

/** The database is away for the next statements of this name. */
function outage(name: string, times: number) {
  const { pool } = shop.world.server.deps.db;
  const query = pool.query.bind(pool) as (...all: unknown[]) => Promise<unknown>;
  let met = 0;
  Object.assign(pool, {
    query: (config: { name?: string }, ...more: unknown[]) => {
      if (config.name !== name || met === times) return query(config, ...more);
      met++;
      return Promise.reject(Object.assign(new Error("terminating connection"), { code: "57P01" }));
    },
  });
  return { met: () => met };
}

describe("a number that comes while the database is away", () => {
  it("is recorded when it is back, and sold", async () => {
    const away = outage("codes-sold", 3);
    const buying = shop.purchase(key);
    expect((await shop.comes(buying)).status).toBe(200);
    expect(away.met()).toBe(3);
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is lost when that takes too long: the log names it, and the price goes back", async () => {
    const away = outage("codes-sold", 10);
    const buying = shop.purchase(key);
    expect((await shop.comes(buying)).status).toBe(503);
    expect(away.met()).toBe(10);
    const activation = String(shop.supplier.sold.at(-1));
    expect(shop.world.logs.some((line) => line.includes(activation) && line.includes('"level":50'))).toBe(true);
    shop.world.clock.advance(60);
    await passing(shop.world, () => key.balance(), 10n * PRICE);
  });
});

describe("a key that is revoked while its order waits", () => {
  const revoked = async () => {
    const bought = await shop.bought(key);
    await shop.world.server.deps.db.pool.query("update app.api_key set revoked_at = now() where key_id = $1", [
      key.keyId,
    ]);
    return bought;
  };

  it("gets its account the price back all the same", async () => {
    await revoked();
    expect((await shop.purchase(key)).status).toBe(401);
    shop.world.clock.advance(600);
    await passing(shop.world, () => key.balance(), 10n * PRICE);
  });

  it("has its account pay for the code that came", async () => {
    const { id, activation } = await revoked();
    shop.supplier.deliver(activation, "5");
    await passing(shop.world, async () => (await shop.row(id)).state, "received");
    expect(await key.balance()).toBe(9n * PRICE);
  });
});
