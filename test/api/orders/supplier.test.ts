import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openOtp } from "../../../api/providers/otp.ts";
import { type OtpSupplier, startOtpSupplier } from "../../../dev/otp-supplier/server.ts";
import { createWorld } from "../../world.ts";
import type { TestKey } from "../balance/key.ts";
import { CATALOG } from "../otp/counter.ts";
import { TestClock } from "../support/test-clock.ts";
import { DISCORD, ENV, type OrderShop, passing, shopOf } from "./order-shop.ts";
import type { StandIn } from "./stand-in.ts";

/** The sandbox's number for Discord in Indonesia: $0.035 and 30%, up to the cent. */
const PRICE = 50_000n;

let supplier: OtpSupplier;
let shop: OrderShop;
let key: TestKey;
let close: () => Promise<void>;
beforeAll(async () => {
  const clock = new TestClock();
  supplier = await startOtpSupplier({ clock, key: "SECRET-key-of-ours" });
  const suppliers = [{ number: 1, url: supplier.url, key: supplier.key }] as const;
  const env = { suppliers, catalogFile: CATALOG, marginPercent: 30 };
  // A test's own clock moves everything but what hangs on a socket.
  const timeoutMs = { buy: 5_000, ask: 2_000 };
  const otp = await openOtp(env, { clock, log: { warn: () => {} }, timeoutMs });
  const world = await createWorld(ENV, () => ({ clock, otp }));
  shop = shopOf({ ...world, clock }, otp as StandIn);
  close = async () => {
    await world.close();
    await supplier.close();
  };
});
afterAll(() => close?.());
beforeEach(async () => {
  supplier.order({ usual: true });
  supplier.order({ code: "never", times: 100 });
  key = await shop.key(100n * PRICE);
});
afterEach(() => shop.audit());

const last = () => String(supplier.activations().at(-1)?.id);
const soldOne = async () => {
  const answer = await shop.purchase(key);
  expect([answer.status, answer.body.price_usd]).toEqual([200, 0.05]);
  return { id: answer.body.order_id as string, activation: last(), phone: answer.body.phone_number as string };
};
const activation = (id: string) => supplier.activations().find((one) => one.id === id);

describe("a supplier behind real HTTP", () => {
  it("sells a number, whose code is read and finished", async () => {
    const before = supplier.balanceMicroUsd();
    supplier.order({ usual: true });
    const { id, activation: sold, phone } = await soldOne();
    expect(phone).toMatch(/^\+62\d+$/);
    await shop.becomes(key, id, "received");
    const { body } = await shop.order(key, id);
    expect(body.sms_text).toBe(`Discord: your code is ${body.code}.`);
    expect(await key.balance()).toBe(99n * PRICE);
    await passing(shop.world, async () => activation(sold)?.state, "finished");
    expect(supplier.balanceMicroUsd()).toBe(before - 35_000n);
  });

  it("takes nothing back within two minutes: the refund stands, and the number goes back after", async () => {
    const before = supplier.balanceMicroUsd();
    const { id, activation: sold } = await soldOne();
    expect((await shop.cancel(key, id)).status).toBe(200);
    expect(await key.balance()).toBe(100n * PRICE);
    expect(activation(sold)?.state).toBe("waiting");
    shop.world.clock.advance(120);
    await passing(shop.world, async () => activation(sold)?.state, "cancelled");
    await passing(shop.world, async () => (await shop.row(id)).owed, null);
    expect(supplier.balanceMicroUsd()).toBe(before);
  });

  it("gets a text in those two minutes: recorded as late, not billed", async () => {
    const { id, activation: sold } = await soldOne();
    await shop.cancel(key, id);
    supplier.deliver(sold, "your code is 5551");
    shop.world.clock.advance(120);
    await passing(shop.world, async () => (await shop.row(id)).late_code, "5551");
    expect((await shop.order(key, id)).text).not.toContain("5551");
    expect(await key.balance()).toBe(100n * PRICE);
  });

  it("has the code already when its buyer cancels", async () => {
    const { id, activation: sold } = await soldOne();
    supplier.deliver(sold, "your code is 777");
    expect((await shop.cancel(key, id)).body).toMatchObject({ error: "already_received", details: { code: "777" } });
    expect(await key.balance()).toBe(99n * PRICE);
  });

  it("charges us and says nothing: the buyer has his money, the operator a line to look up", async () => {
    const before = supplier.balanceMicroUsd();
    supplier.order({ fault: { action: "getNumber", how: "reset", done: true } });
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error, answer.body.details.reason]).toEqual([
      502,
      "provider_failed",
      "no_answer",
    ]);
    expect([await key.balance(), supplier.balanceMicroUsd()]).toEqual([100n * PRICE, before - 35_000n]);
    expect((await shop.row(answer.body.details.order_id)).lost_at).not.toBeNull();
  });

  it("answers late: its number goes back", async () => {
    supplier.order({ fault: { action: "getNumber", how: "slow", slowMs: 1_000 } });
    const asked = supplier.asked("getNumber");
    const buying = shop.purchase(key);
    await expect.poll(() => supplier.asked("getNumber")).toBe(asked + 1);
    shop.world.clock.advance(10);
    const { body } = await buying;
    expect(body.error).toBe("provider_failed");
    await expect
      .poll(async () => (await shop.row(body.details.order_id)).activation_id, { timeout: 10_000 })
      .toBe(last());
    shop.world.clock.advance(120);
    await passing(shop.world, async () => activation(last())?.state, "cancelled");
    expect(await key.balance()).toBe(100n * PRICE);
  });

  it("raised its price since we read the list", async () => {
    await shop.world.ask("/api/v1/catalog/services");
    supplier.order({ goods: { service: "ds", country: "6", costUsd: "0.09" } });
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error]).toEqual([409, "price_changed"]);
    supplier.order({ goods: { service: "ds", country: "6", costUsd: "0.035" } });
    expect(await key.balance()).toBe(100n * PRICE);
    shop.world.clock.advance(6);
  });

  it("talks nonsense: the order waits on, and is paid back in time", async () => {
    const { id } = await soldOne();
    for (const how of ["html", "garbage", "500", "empty"] as const)
      supplier.order({ fault: { action: "getStatus", how, times: 50 } });
    supplier.order({ fault: { action: "setStatus", how: "html", times: 3 } });
    shop.world.clock.advance(600);
    await shop.becomes(key, id, "expired");
    expect(await key.balance()).toBe(100n * PRICE);
  });

  it("is named nowhere: neither its address nor our key", async () => {
    const bodies = [
      (await shop.purchase(key, { body: { ...DISCORD, country: "gb" } })).text,
      (await shop.operator("GET")).text,
      (await shop.world.ask("/metrics")).text,
      ...shop.world.logs,
    ].join("\n");
    expect(bodies).not.toContain(new URL(supplier.url).host);
    expect(bodies).not.toContain(supplier.key);
  });
});
