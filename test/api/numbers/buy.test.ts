import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releaseLostNumbers } from "../../../api/products/numbers/give-back.ts";
import { listMessages } from "../../../api/products/numbers/history.ts";
import { createPhoneWorld, DAY, type PhoneWorld, strangerWallet, wallet } from "../phone/phone-world.ts";

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

const buyer = { payer: wallet.address, chainId: 8453 };
const prepared = (id: string, body: unknown) => world.sale(id).prepare(world.call(body), buyer);
const numbersHeldBy = async (reference: string) =>
  (await world.pool.query("select phone_number from carrier.number where held_by = $1", [reference])).rows;

describe("numbers.buy.us and numbers.buy.intl", () => {
  it.each([
    ["numbers.buy.us", "US", /^\+1\d{3}55501\d\d$/],
    ["numbers.buy.intl", "GB", /^\+447700900\d{3}$/],
    ["numbers.buy.intl", "FR", /^\+3363998\d{4}$/],
    ["numbers.buy.intl", "AU", /^\+61491570\d{3}$/],
    ["numbers.buy.intl", "CA", /^\+1\d{3}55501\d\d$/],
    ["numbers.buy.intl", "DE", /^\+4917/],
    ["numbers.buy.intl", "IE", /^\+35320910\d{4}$/],
    ["numbers.buy.intl", "SE", /^\+46701740\d{3}$/],
  ])("%s sells a number of %s, in the seed's words", async (id, country, pattern) => {
    const sale = world.sale(id);
    const order = world.order(sale, await prepared(id, { country }));
    const expiresAt = new Date(world.clock.nowMs() + 30 * DAY * 1000).toISOString();
    const answer = await sale.fulfil(order);
    expect(answer).toEqual({
      success: true,
      provider: "turnpike",
      phoneNumber: expect.stringMatching(pattern),
      country,
      orderId: order.id,
      priceUsd: 100,
      included: { texts: 10_000, periodDays: 30 },
      renewal: { priceUsd: 60, texts: 5_000, periodDays: 30 },
      expiresAt,
      managementInfo: "Manage your number at /api/v1/numbers/mine. Authenticate with SIWE.",
    });
    expect(Object.keys(answer)).toEqual(Object.keys(sale.docs.exampleOutput));
  });

  it("costs $100 and bears the operator's name", async () => {
    const sale = world.sale("numbers.buy.us", { ...world.deps, providerName: "dial" });
    expect(sale.priceMicroUsd).toBe(100_000_000n);
    expect(await sale.fulfil(world.order(sale, { country: "US" }))).toMatchObject({ provider: "dial" });
  });

  it.each([
    ["numbers.buy.us", "GB"],
    ["numbers.buy.us", "us"],
    ["numbers.buy.us", undefined],
    ["numbers.buy.us", ["US"]],
    ["numbers.buy.intl", "US"],
    ["numbers.buy.intl", "XX"],
    ["numbers.buy.intl", "EU"],
    ["numbers.buy.intl", "UK"],
    ["numbers.buy.intl", "gb"],
    ["numbers.buy.intl", ""],
    ["numbers.buy.intl", 44],
  ])("%s refuses %j", async (id, country) => {
    await expect(prepared(id, { country })).rejects.toMatchObject({ status: 400, details: { field: "country" } });
    await expect(prepared(id, country)).rejects.toMatchObject({ status: 400 });
  });

  it("says before money that a country is not in stock", async () => {
    await expect(prepared("numbers.buy.intl", { country: "AQ" })).rejects.toMatchObject({
      code: "out_of_stock",
      status: 409,
      details: { country: "AQ" },
    });
  });

  it("says before money that the carrier does not tell what it has, and nothing of what it said", async () => {
    const stock = () => Promise.reject(new TypeError("secret.carrier.example is broken"));
    const sale = world.sale("numbers.buy.us", { ...world.deps, phone: { ...world.deps.phone, stock } });
    await expect(sale.prepare(world.call({ country: "US" }), buyer)).rejects.toMatchObject({
      code: "provider_unavailable",
      status: 502,
      message: "The provider cannot be asked right now. Nothing was charged.",
      retryAfterSec: 5,
      details: undefined,
    });
  });

  it("sells what is there once, to as many as there is for, whichever process they ask", async () => {
    await world.pool.query(
      `update carrier.number set held_by = 'nobody' where country = 'SE' and held_by is null and phone_number not in
         (select phone_number from carrier.number where country = 'SE' and held_by is null limit 5)`,
    );
    const sibling = await world.sibling();
    const orders = Array.from({ length: 12 }, (_, i) => {
      const sale = (i % 2 ? world : sibling).sale("numbers.buy.intl");
      return sale.fulfil(world.order(sale, { country: "SE" }));
    });
    const ends = await Promise.allSettled(orders);
    const sold = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value.phoneNumber] : []));
    expect(new Set(sold).size).toBe(5);
    expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(7);
    for (const end of ends)
      if (end.status === "rejected")
        expect(end.reason).toMatchObject({ code: "provider_failed", details: { reason: "out_of_stock" } });
  });

  it("gives one number for many copies of an order at once", async () => {
    const sibling = await world.sibling();
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" });
    const copies = Array.from({ length: 10 }, (_, i) =>
      (i % 2 ? sale : sibling.sale("numbers.buy.us")).fulfil(order).catch((error: Error) => error.name),
    );
    const answers = new Set((await Promise.all(copies)).map((answer) => JSON.stringify(answer)));
    answers.delete('"NotYet"');
    expect([...answers]).toEqual([JSON.stringify(await sale.fulfil(order))]);
    expect(await numbersHeldBy(order.id)).toHaveLength(1);
  });
});

describe("a number that the carrier does not give at once", () => {
  it.each([
    ["out_of_stock", "out_of_stock"],
    ["refused", "not_sold"],
  ] as const)("is credited when it is not given at all, and stays so: %s", async (kind, reason) => {
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" });
    await world.fault({ place: "buy", kind, target: order.id });
    const refused = { code: "provider_failed", status: 502, details: { reason } };
    await expect(sale.fulfil(order)).rejects.toMatchObject(refused);
    world.clock.advance(60);
    await expect(sale.fulfil(order)).rejects.toMatchObject(refused);
    expect(await numbersHeldBy(order.id)).toHaveLength(0);
  });

  it.each(["silent_before", "silent_after"] as const)("is looked up when the answer was missed: %s", async (kind) => {
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" });
    await world.fault({ place: "buy", kind, target: order.id });
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet", retryAfterSec: 2 });
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet" });
    world.clock.advance(2);
    const { phoneNumber } = await sale.fulfil(order);
    expect(await numbersHeldBy(order.id)).toEqual([{ phone_number: phoneNumber }]);
  });

  it("is waited for while the carrier cannot be asked, and credited after six hours", async () => {
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" });
    await world.fault({ place: "buy", kind: "silent_before", target: order.id });
    await world.fault({ place: "find", kind: "silent", target: order.id, times: 2 });
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet" });
    world.clock.advance(6 * 3600 - 1);
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet", retryAfterSec: 4 });
    world.clock.advance(4);
    const hopeless = { code: "provider_failed", details: { reason: "no_answer" } };
    await expect(sale.fulfil(order)).rejects.toMatchObject(hopeless);
    await expect(sale.fulfil(order)).rejects.toMatchObject(hopeless);
  });

  it("goes back to the carrier when it was given up and sold nevertheless", async () => {
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" });
    await world.fault({ place: "buy", kind: "silent_after", target: order.id });
    await world.fault({ place: "find", kind: "silent", target: order.id, times: 2 });
    await expect(sale.fulfil(order)).rejects.toMatchObject({ name: "NotYet" });
    world.clock.advance(6 * 3600);
    await expect(sale.fulfil(order)).rejects.toMatchObject({ details: { reason: "no_answer" } });
    await releaseLostNumbers(world.deps);
    expect(await numbersHeldBy(order.id)).toHaveLength(1);
    await releaseLostNumbers(world.deps);
    expect(await numbersHeldBy(order.id)).toHaveLength(0);
    await expect(sale.fulfil(order)).rejects.toMatchObject({ code: "provider_failed" });
  });

  const withDatabase = async (error: Error) => {
    const pool = { query: () => Promise.reject(error) };
    const sale = world.sale("numbers.buy.us", { ...world.deps, db: { ...world.deps.db, pool } as never });
    return sale.fulfil(world.order(sale, { country: "US" })).catch((thrown: unknown) => thrown);
  };

  it.each([
    ["ECONNREFUSED", "gone"],
    ["57P01", "terminating connection due to administrator command"],
    [undefined, "Connection terminated unexpectedly"],
  ])("is not judged by a database that is away, which is no fault to look into: %s", async (code, message) => {
    const thrown = await withDatabase(Object.assign(new Error(message), { code }));
    expect(thrown).toMatchObject({ name: "NotYet", retryAfterSec: 2 });
    expect((thrown as Error).cause).toBeUndefined();
  });

  it("is not judged by a fault of ours either, which is told to whoever can mend it", async () => {
    const fault = new TypeError("x is not a function");
    const thrown = await withDatabase(fault);
    expect(thrown).toMatchObject({ name: "NotYet" });
    expect((thrown as Error).cause).toBe(fault);
  });
});

describe("a number that somebody holds here already", () => {
  it("is not taken from him: the later buyer is credited", async () => {
    const line = await world.line();
    await world.pool.query("update carrier.number set held_by = null where phone_number = $1", [line]);
    const later = world.buy("numbers.buy.us", { country: "US" }, { payer: strangerWallet });
    await expect(later).rejects.toMatchObject({ code: "provider_failed", details: { reason: "number_taken" } });
    const { rows } = await world.pool.query("select owner from app.lease where phone_number = $1", [line]);
    expect(rows).toEqual([{ owner: wallet.address.toLowerCase() }]);
  });
});

describe("a payment that the chain lost", () => {
  it("suspends the line for its holder alone", async () => {
    const sale = world.sale("numbers.buy.us");
    const order = world.order(sale, { country: "US" }, strangerWallet);
    const { phoneNumber } = await sale.fulfil(order);
    await world.receive({ from: "+447700900999", to: String(phoneNumber), text: "hi" });
    const seen = () =>
      listMessages(
        world.deps,
        { address: strangerWallet.address, onlyChainId: undefined },
        { phoneNumber: undefined, offset: 0, limit: 10 },
      );
    expect(await seen()).toMatchObject([{ message: "hi" }]);
    await sale.revoke?.(order);
    await sale.revoke?.(order);
    expect(await seen()).toEqual([]);
    const send = world.sale("numbers.mine.send");
    const body = { phoneNumber, to: "+447700900999", message: "x" };
    const call = world.call(body, await world.signIn(strangerWallet));
    await expect(send.covered?.(call)).rejects.toMatchObject({ code: "line_suspended", status: 403 });
    await expect(world.buy("numbers.mine.renew", { phoneNumber }, { payer: strangerWallet })).rejects.toMatchObject({
      code: "line_suspended",
    });
    expect(await sale.fulfil(order)).toMatchObject({ phoneNumber });
  });
});
