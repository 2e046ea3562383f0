import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault, OrderPlan } from "../../../dev/carriers/telnyx/faults.ts";
import { type Desk, openDesk } from "./telnyx-shop.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.close());
afterEach(() => {
  desk.sandbox.order({ usual: true });
  desk.sandbox.order({ balanceUsd: "1000" });
});

const order = (given = {}) => ({ reference: randomUUID() as string, country: "US", ...given });
const fails = (place: string, fault: Omit<Fault, "place">) => desk.sandbox.order({ fault: { place, ...fault } });
const plan = (kind: OrderPlan, times = 1) => desk.sandbox.order({ plan: { order: kind, times } });
const now = () => new Date(desk.clock.nowMs());
const heldBy = (reference: string) => desk.sandbox.numbers().filter((number) => number.reference === reference);
const BOUGHT = { kind: "bought", phoneNumber: expect.stringMatching(/^\+1212555\d{4}$/) };
const costs = async (reference: string) => {
  const text = "select cost_micro_usd from app.carrier_cost where reference = $1";
  return (await desk.db.pool.query(text, [reference])).rows.map((row) => row.cost_micro_usd);
};
/** What it gives, while time goes by. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  await expect.poll(() => (isOver ? true : void desk.clock.advance(1)), { timeout: 5_000, interval: 5 }).toBe(true);
  return over;
}

describe("a number", () => {
  it("is ordered for a reference, and for texts to us", async () => {
    const wanted = order();
    expect(await desk.phone.buyNumber(wanted)).toEqual(BOUGHT);
    expect(heldBy(wanted.reference)).toMatchObject([{ profileId: desk.sandbox.profileId }]);
    expect(await costs(wanted.reference)).toEqual(["2000000"]);
    expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual(BOUGHT);
  });

  it("is one of as many as there are", async () => {
    const before = await desk.phone.stock("US");
    await desk.phone.buyNumber(order());
    expect(await desk.phone.stock("US")).toBe(before - 1);
    expect(await desk.phone.stock("AQ")).toBe(0);
    fails("search", { how: "500" });
    await expect(desk.phone.stock("US")).rejects.toThrow("no answer");
  });

  it("is had by each of many who want one at once", async () => {
    const wanted = Array.from({ length: 8 }, () => order());
    const answers = await Promise.all(wanted.map((one) => desk.phone.buyNumber(one)));
    const numbers = answers.map((answer) => (answer.kind === "bought" ? answer.phoneNumber : answer.kind));
    expect(new Set(numbers).size).toBe(8);
    for (const { reference } of wanted) expect(heldBy(reference)).toHaveLength(1);
  });

  it("that somebody else had first is another one, eight times at most", async () => {
    plan("gone", 2);
    expect(await desk.phone.buyNumber(order())).toEqual(BOUGHT);
    plan("gone", 8);
    const before = desk.sandbox.asked("order");
    expect(await desk.phone.buyNumber(order())).toEqual({ kind: "refused", reason: "out_of_stock" });
    expect(desk.sandbox.asked("order")).toBe(before + 8);
  });

  it("whose order fails is another one, three times at most", async () => {
    const wanted = order();
    plan("fails", 3);
    for (let n = 1; n <= 3; n++) {
      expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
      expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual({ kind: "unknown" });
      desk.clock.advance(120);
      const found = await desk.phone.findPurchase(wanted.reference, new Date(desk.clock.nowMs() - 120_000));
      expect(found).toEqual(n < 3 ? { kind: "absent" } : { kind: "refused", reason: "out_of_stock" });
    }
    expect(await costs(wanted.reference)).toEqual(["0"]);
  });

  it("that the country asks papers for is not bought, and its order taken back; with them it is", async () => {
    const wanted = order();
    plan("papers");
    expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "refused", reason: "not_sold" });
    expect(await desk.phone.findPurchase(wanted.reference, new Date(0))).toEqual({ kind: "absent" });
    plan("papers");
    expect(await desk.phone.buyNumber(order({ requirements: { requirement_group_id: randomUUID() } }))).toEqual(BOUGHT);
  });

  it("that nobody can take the order back of stays unknown", async () => {
    const wanted = order();
    plan("papers");
    fails("cancel", { how: "500", times: 1 });
    expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual({ kind: "refused", reason: "not_sold" });
  });

  it("that Telnyx takes long to fill is unknown until then", async () => {
    const wanted = order();
    plan("never");
    expect(await inTime(desk.phone.buyNumber(wanted))).toEqual({ kind: "unknown" });
    expect(await desk.phone.findPurchase(wanted.reference, new Date(0))).toEqual({ kind: "unknown" });
  });

  it("is refused when it costs more a month than the operator pays", async () => {
    const before = desk.sandbox.asked("order");
    expect(await desk.phone.buyNumber(order({ maxCostMicroUsd: 1_000_000n }))).toEqual(BOUGHT);
    desk.sandbox.order({ goods: { country: "US", monthlyUsd: "1.00001" } });
    expect(await desk.phone.buyNumber(order({ maxCostMicroUsd: 1_000_000n }))).toEqual({
      ...{ kind: "refused", reason: "price_rose" },
    });
    desk.sandbox.order({ goods: { country: "US", monthlyUsd: "1.00000" } });
    expect(desk.sandbox.asked("order")).toBe(before + 1);
  });

  it.each<[string, () => void, string]>([
    ["the balance is empty", () => desk.sandbox.order({ balanceUsd: "0.5" }), "no_balance"],
    ["there is none", () => desk.sandbox.order({ goods: { country: "FR", stock: 0 } }), "out_of_stock"],
    ["the account may not order", () => fails("order", { how: "refuse", status: 403, code: "10010" }), "not_sold"],
    ["the account may not look", () => fails("search", { how: "refuse", status: 401, code: "10009" }), "not_sold"],
  ])("is refused when %s, after one order at most", async (_, arrange, reason) => {
    arrange();
    const before = desk.sandbox.asked("order");
    expect(await desk.phone.buyNumber(order({ country: "FR" }))).toEqual({ kind: "refused", reason });
    expect(desk.sandbox.asked("order") - before).toBeLessThanOrEqual(1);
    desk.sandbox.order({ goods: { country: "FR", stock: 5 } });
  });

  it("is none of those that take no texts", async () => {
    expect(await desk.phone.stock("IE")).toBe(0);
    expect(await desk.phone.buyNumber(order({ country: "IE" }))).toEqual({ kind: "refused", reason: "out_of_stock" });
  });

  it.each<[string, Omit<Fault, "place">]>([
    ["search", { how: "500" }],
    ["search", { how: "429" }],
    ["order", { how: "429" }],
  ])("is surely not bought when %s is answered with %j", async (place, fault) => {
    fails(place, fault);
    expect(await desk.phone.buyNumber(order())).toEqual({ kind: "absent" });
  });
});

describe("a number whose order's answer is missed", () => {
  it.each(["silence", "reset", "500", "half"] as const)(
    "by %s is found by its reference, not bought again",
    async (how) => {
      const wanted = order();
      fails("order", { how, done: true });
      expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
      expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual(BOUGHT);
      expect(heldBy(wanted.reference)).toHaveLength(1);
    },
  );

  it("is absent once its order must be listed", async () => {
    const wanted = order();
    fails("order", { how: "silence" });
    const triedAt = now();
    expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    desk.clock.advance(119);
    expect(await desk.phone.findPurchase(wanted.reference, triedAt)).toEqual({ kind: "unknown" });
    desk.clock.advance(1);
    expect(await desk.phone.findPurchase(wanted.reference, triedAt)).toEqual({ kind: "absent" });
  });

  it("is unknown while Telnyx does not list its orders", async () => {
    fails("orders", { how: "500" });
    expect(await desk.phone.findPurchase(randomUUID(), new Date(0))).toEqual({ kind: "unknown" });
  });
});

describe("a number that was bought and is not configured", () => {
  it.each(["held", "configure", "profile"])("for %s failed is no line until it is", async (place) => {
    const wanted = order();
    // As if it had been bought by hand: its order does not put it into a profile.
    if (place === "configure") {
      fails("held", { how: "500" });
      await desk.phone.buyNumber(wanted);
      Object.assign(heldBy(wanted.reference)[0] ?? {}, { reference: null, profileId: null });
    }
    fails(place, { how: "500" });
    if (place === "configure")
      expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual({ kind: "unknown" });
    else expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "unknown" });
    expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual(BOUGHT);
    expect(heldBy(wanted.reference)).toMatchObject([{ profileId: desk.sandbox.profileId }]);
  });
});

describe("a number that never can be configured", () => {
  it("goes back, and is no line", async () => {
    const wanted = order();
    await desk.phone.buyNumber(wanted);
    Object.assign(heldBy(wanted.reference)[0] ?? {}, { profileId: null });
    fails("configure", { how: "refuse", status: 422, times: 3 });
    expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual({ kind: "unknown" });
    expect(heldBy(wanted.reference)).toHaveLength(1);
    fails("release", { how: "500" });
    const settled = new Date(desk.clock.nowMs() - 120_000);
    await expect(desk.phone.findPurchase(wanted.reference, settled)).rejects.toThrow("no answer");
    const found = await desk.phone.findPurchase(wanted.reference, settled);
    expect(found).toEqual({ kind: "refused", reason: "not_sold" });
    expect(heldBy(wanted.reference)).toEqual([]);
  });
});

describe("giving back", () => {
  it("is done once, and again is no error", async () => {
    const wanted = order();
    const bought = await desk.phone.buyNumber(wanted);
    const number = { reference: wanted.reference, phoneNumber: bought.kind === "bought" ? bought.phoneNumber : "" };
    await desk.phone.release(number);
    expect(heldBy(wanted.reference)).toEqual([]);
    const before = desk.sandbox.asked("release");
    await desk.phone.release(number);
    expect(desk.sandbox.asked("release")).toBe(before);
    expect(await desk.phone.findPurchase(wanted.reference, now())).toEqual({ kind: "unknown" });
    expect(await desk.phone.findPurchase(wanted.reference, new Date(0))).toEqual({
      ...{ kind: "refused", reason: "given_back" },
    });
  });

  it("leaves alone what another one holds", async () => {
    const wanted = order();
    const bought = await desk.phone.buyNumber(wanted);
    await desk.phone.release({
      reference: randomUUID(),
      phoneNumber: bought.kind === "bought" ? bought.phoneNumber : "",
    });
    expect(heldBy(wanted.reference)).toHaveLength(1);
  });

  it.each(["held", "release"])("rejects while %s is not certain, and is done in the end", async (place) => {
    const wanted = order();
    const bought = await desk.phone.buyNumber(wanted);
    const number = { reference: wanted.reference, phoneNumber: bought.kind === "bought" ? bought.phoneNumber : "" };
    fails(place, { how: "500", done: place === "release" });
    await expect(desk.phone.release(number)).rejects.toThrow("no answer");
    await desk.phone.release(number);
    expect(heldBy(wanted.reference)).toEqual([]);
  });
});
