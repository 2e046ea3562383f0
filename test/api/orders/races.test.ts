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

const lateOf = async (id: string) => {
  const { late } = (await shop.operator("GET")).body;
  return late.find((entry: { order_id: string }) => entry.order_id === id);
};
/** The worker has read the code, and has not yet written it down. */
const codeRead = async (activation: string) => {
  const gate = shop.supplier.hold("status", "after");
  shop.supplier.deliver(activation, "7");
  await shop.comes(gate.reached);
  return gate;
};

describe("a text against a cancel", () => {
  it("wins when the worker writes it down first", async () => {
    const { id, activation } = await shop.bought(key);
    const gate = shop.supplier.hold("cancel", "before");
    const cancelling = shop.cancel(key, id);
    await gate.reached;
    shop.supplier.deliver(activation, "7");
    gate.open();
    expect((await cancelling).body.error).toBe("already_received");
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("loses when the refund stands first: recorded, not billed, not told", async () => {
    const { id, activation } = await shop.bought(key);
    const gate = await codeRead(activation);
    // The supplier does not tell the cancel of the code which it has just told the worker.
    shop.supplier.isAway = true;
    expect((await shop.cancel(key, id)).status).toBe(200);
    shop.supplier.isAway = false;
    gate.open();
    await expect.poll(() => lateOf(id)).toMatchObject({ code: "7", activation_id: activation });
    const answer = await shop.order(key, id);
    expect(answer.body).toMatchObject({ status: "cancelled", code: null, sms_text: null, sms_received: false });
    expect(answer.text).not.toContain("late");
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("is charged once when both read it", async () => {
    const { id, activation } = await shop.bought(key);
    const gate = await codeRead(activation);
    expect((await shop.cancel(key, id)).body.error).toBe("already_received");
    gate.open();
    await shop.asked(`finish ${activation}`);
    expect(await lateOf(id)).toBeUndefined();
    expect(await key.balance()).toBe(9n * PRICE);
  });

  it("is what came late when the supplier tells of it once the refund stands", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.isAway = true;
    await shop.cancel(key, id);
    shop.supplier.isAway = false;
    shop.supplier.deliver(activation, "7");
    await passing(shop.world, async () => (await lateOf(id))?.code, "7");
    expect((await shop.row(id)).owed).toBeNull();
    expect(await key.balance()).toBe(10n * PRICE);
    const { text } = await shop.world.ask("/metrics");
    expect(text).toMatch(/turnpike_code_orders_total\{end="late"\} \d+/);
  });
});

describe("a text against the time-out", () => {
  const MAIL = { service: "mail", country: "id" };

  it("wins at the last look", async () => {
    const { id, activation } = await shop.bought(key, MAIL);
    const gate = shop.supplier.hold("cancel", "before");
    shop.world.clock.advance(120);
    await shop.comes(gate.reached);
    shop.supplier.deliver(activation, "7");
    gate.open();
    await expect.poll(async () => (await shop.order(key, id)).body.status).toBe("received");
    expect(await key.balance()).toBe(10n * PRICE - 130_000n);
  });

  it("loses when the time is over and the supplier away", async () => {
    const { id, activation } = await shop.bought(key, MAIL);
    shop.supplier.isAway = true;
    shop.world.clock.advance(120);
    await shop.becomes(key, id, "expired");
    shop.supplier.isAway = false;
    shop.supplier.deliver(activation, "7");
    await passing(shop.world, async () => (await lateOf(id))?.code, "7");
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("loses when nobody was there to read it in time", async () => {
    const { id, activation } = await shop.bought(key, MAIL);
    const gate = shop.supplier.hold("status", "before");
    shop.world.clock.advance(3);
    await shop.comes(gate.reached);
    shop.supplier.deliver(activation, "7");
    // As if every process had been down until then.
    shop.world.clock.advance(120 + 61);
    await shop.becomes(key, id, "expired");
    gate.open();
    expect(await lateOf(id)).toMatchObject({ code: "7" });
    expect(await key.balance()).toBe(10n * PRICE);
  });
});

describe("cancels at once", () => {
  it("all say the same and refund once", async () => {
    const { id } = await shop.bought(key);
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.cancel(key, id)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("are not taken for the supplier's own doing by a worker that was looking", async () => {
    const { id, activation } = await shop.bought(key);
    const looking = shop.supplier.hold("status", "before");
    shop.world.clock.advance(3);
    await shop.comes(looking.reached);
    const gate = shop.supplier.hold("cancel", "after");
    const cancelling = shop.cancel(key, id);
    await gate.reached;
    looking.open();
    await expect.poll(async () => (await shop.order(key, id)).body.status).toBe("cancelled");
    gate.open();
    expect([(await cancelling).status, shop.supplier.stateOf(activation)]).toEqual([200, "cancelled"]);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("are finished by the worker when nobody else does", async () => {
    const { id } = await shop.bought(key);
    const gate = shop.supplier.hold("cancel", "after");
    const cancelling = shop.cancel(key, id);
    await gate.reached;
    await shop.becomes(key, id, "cancelled");
    gate.open();
    expect((await cancelling).status).toBe(200);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("and the time-out refund once", async () => {
    const { id } = await shop.bought(key, { service: "mail", country: "id" });
    shop.world.clock.advance(120);
    const answer = await shop.cancel(key, id);
    expect([200, 409]).toContain(answer.status);
    expect((await shop.order(key, id)).body.refunded).toBe(true);
    expect(await key.balance()).toBe(10n * PRICE);
  });
});

describe("a supplier", () => {
  it("that sells after our time-out gets its number back", async () => {
    const gate = shop.supplier.hold("buy", "before");
    const buying = shop.purchase(key);
    await gate.reached;
    shop.world.clock.advance(10);
    const answer = await buying;
    expect([answer.status, answer.body.error, answer.body.details.reason]).toEqual([
      502,
      "provider_failed",
      "no_answer",
    ]);
    expect(await key.balance()).toBe(10n * PRICE);
    const { order_id: id } = answer.body.details;
    expect((await shop.row(id)).lost_at).not.toBeNull();
    gate.open();
    await expect.poll(async () => (await shop.row(id)).activation_id).not.toBeNull();
    const activation = String((await shop.row(id)).activation_id);
    await passing(shop.world, async () => shop.supplier.stateOf(activation), "cancelled");
    await expect.poll(async () => (await shop.row(id)).owed).toBeNull();
    expect((await shop.row(id)).lost_at).toBeNull();
    expect((await shop.order(key, id)).body.status).toBe("failed");
  });

  it("that sells after the worker has given the purchase up gets it back, and the buyer his answer", async () => {
    const gate = shop.supplier.hold("buy", "after");
    const buying = shop.purchase(key);
    await gate.reached;
    const { pool } = shop.world.server.deps.db;
    // Another process, whose clock is ahead, takes this one for dead.
    await pool.query("update app.code_order set due_at = $2 where account_id = $1", [
      key.accountId,
      new Date(shop.world.clock.nowMs()),
    ]);
    await passing(shop.world, () => key.balance(), 10n * PRICE);
    gate.open();
    const answer = await buying;
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    const activation = String(shop.supplier.sold.at(-1));
    await passing(shop.world, async () => shop.supplier.stateOf(activation), "cancelled");
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("that takes a number back by itself costs nothing", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.takeBack(activation);
    await shop.becomes(key, id, "failed");
    expect((await shop.order(key, id)).body).toMatchObject({ refunded: true });
    expect(await key.balance()).toBe(10n * PRICE);
    // What the purchase was answered stays as it was.
    expect((await shop.row(id)).reason).toBe("taken_back");
  });

  it("whose price rose after the catalogue was read sells nothing", async () => {
    shop.supplier.refusals.push({ kind: "refused", reason: "price_rose" });
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error]).toEqual([409, "price_changed"]);
    expect(await key.balance()).toBe(10n * PRICE);
  });

  it("that sells a number twice sells it to the first alone", async () => {
    const { activation } = await shop.bought(key);
    shop.supplier.refusals.push({ kind: "bought", activationId: activation, phoneNumber: "+628120000000" });
    const other = await shop.key();
    const answer = await shop.purchase(other);
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect([await other.balance(), shop.supplier.stateOf(activation)]).toEqual([10n * PRICE, "waiting"]);
  });

  it("that takes the money and then fails is the operator's loss alone", async () => {
    shop.supplier.refusals.push({ kind: "unknown" });
    expect((await shop.purchase(key)).status).toBe(502);
    expect(await key.balance()).toBe(10n * PRICE);
  });
});
