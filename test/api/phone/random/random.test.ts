import { afterEach, describe, expect, it } from "vitest";
import { DEPOSIT_MICRO_USD, openRandomShop, type RandomShop } from "./shop.ts";

/** Beside whatever else a test run does on two cores. */
const LONG_MS = 400_000;

type Order = { id: string; sale_id: string; state: string; reason: string | null; price_micro_usd: string };

let shop: RandomShop;
afterEach(() => shop?.close());

const orders = async (): Promise<Order[]> =>
  (await shop.pool.query("select id, sale_id, state, reason, price_micro_usd from app.balance_order")).rows;

const times = ({ id }: Order) => shop.carrier.effects.get(id) ?? 0;

describe("paid texts and numbers, with a carrier that fails and processes that are killed", () => {
  it(
    "are had once and charged, or not had and credited: 10,000 of them",
    async () => {
      shop = await openRandomShop(20261121);
      while ((await orders()).length < 10_000)
        for (let rounds = 0; rounds < 15; rounds++) await shop.round({ processes: 10, purchases: 10 });
      await shop.drain();
      const all = await orders();
      expect(all.length).toBeGreaterThanOrEqual(10_000);
      expect(
        all.filter((order) => times(order) > 1),
        "had twice",
      ).toEqual([]);
      const fulfilled = all.filter(({ state }) => state === "fulfilled");
      expect(
        fulfilled.filter((order) => times(order) !== 1),
        "charged without",
      ).toEqual([]);
      const released = all.filter(({ state }) => state === "released");
      // What nobody heard of for six hours is credited, though it may have been had.
      const unpaid = released.filter((order) => times(order) > 0 && order.reason !== "no_answer");
      expect(unpaid, "had for nothing").toEqual([]);
      expect(fulfilled.length + released.length, "ended").toBe(all.length);
      const charged = fulfilled.reduce((sum, { price_micro_usd }) => sum + BigInt(price_micro_usd), 0n);
      expect(await shop.balance(), "balance").toBe(DEPOSIT_MICRO_USD - charged);
      const lines = fulfilled.filter(({ sale_id }) => sale_id === "numbers.buy.us");
      expect([...shop.carrier.numbers.keys()].sort(), "numbers held").toEqual(lines.map(({ id }) => id).sort());
      expect(shop.killed()).toBeGreaterThan(500);
      expect(Math.min(...shop.carrier.mishaps.values())).toBeGreaterThan(500);
      expect(released.length).toBeGreaterThan(500);
    },
    LONG_MS,
  );

  it(
    "would be had twice if a look-up said too early that nothing was done",
    async () => {
      shop = await openRandomShop(1, { isHasty: true });
      for (let bought = 0; bought < 1_000; bought += 100) await shop.round({ processes: 10, purchases: 10 });
      await shop.drain();
      expect((await orders()).filter((order) => times(order) > 1).length).toBeGreaterThan(0);
    },
    LONG_MS,
  );
});
