import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bought, type Counter, openAt, openCounter } from "./counter.ts";

let counter: Counter;
beforeEach(async () => {
  counter = await openCounter();
});
afterEach(() => counter.close());

const asked = () => counter.supplier.asked("getPrices");
const says = (word: string) => counter.supplier.order({ fault: { action: "getPrices", how: "word", word } });
const fails = (times = 1) => counter.supplier.order({ fault: { action: "getPrices", how: "500", times } });
const inIndonesia = async (otp = counter.otp) =>
  (await otp.offers()).filter(({ country, service }) => country === "id" && service === "discord");

describe("offers", () => {
  it("tells cost and stock of everything that the operator sells, and of nothing else", async () => {
    const offers = await counter.otp.offers();
    expect(offers).toHaveLength(12 * 8);
    expect(await inIndonesia()).toEqual([{ service: "discord", country: "id", costMicroUsd: 35_000n, stock: 4_210 }]);
    expect(offers.filter(({ stock }) => stock === 0).map(({ country }) => country)).toEqual(Array(12).fill("fr"));
  });

  it("asks the supplier once in five seconds, however many ask at once", async () => {
    await Promise.all(Array.from({ length: 50 }, () => counter.otp.offers()));
    counter.clock.advance(4);
    await counter.otp.offers();
    expect(asked()).toBe(1);
    counter.clock.advance(1);
    await Promise.all(Array.from({ length: 50 }, () => counter.otp.offers()));
    expect(asked()).toBe(2);
  });

  it("follows price and stock", async () => {
    await inIndonesia();
    await bought(counter);
    counter.supplier.order({ goods: { service: "ds", country: "6", costUsd: "0.061001", stock: 3 } });
    counter.clock.advance(5);
    expect(await inIndonesia()).toMatchObject([{ costMicroUsd: 61_001n, stock: 2 }]);
  });

  it("stays with the last list for a minute while the supplier fails, and follows when it is back", async () => {
    await counter.otp.offers();
    fails(2);
    for (const sec of [5, 54]) {
      counter.clock.advance(sec);
      expect(await counter.otp.offers()).toHaveLength(96);
    }
    expect(asked()).toBe(3);
    fails();
    counter.clock.advance(1);
    await expect(counter.otp.offers()).rejects.toMatchObject({ code: "provider_unavailable", retryAfterSec: 5 });
    expect(await counter.otp.offers()).toHaveLength(96);
  });

  it("rejects everybody who waits for the same answer", async () => {
    fails();
    const waiting = Array.from({ length: 10 }, () => counter.otp.offers());
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(asked()).toBe(1);
  });

  it.each([
    "[]",
    "{",
    "null",
    '"NO_NUMBERS"',
    '{"6":5}',
    "NO_BALANCE",
    "BAD_KEY",
    "ERROR_SQL",
    '{"6":{"ds":',
    "<html>",
  ])("takes %s for no list of prices", async (list) => {
    says(list);
    await expect(counter.otp.offers()).rejects.toMatchObject({ code: "provider_unavailable" });
  });

  it.each<[string, bigint | undefined]>([
    ['{"cost":"0.05","count":"7"}', 50_000n],
    ['{"cost":0.0500000000000000027,"count":7}', 50_000n],
    ['{"cost":0.0000001,"count":7}', undefined],
    ['{"cost":"0.0000001","count":7}', 1n],
    ['{"cost":0,"count":7}', undefined],
    ['{"cost":-1,"count":7}', undefined],
    ['{"cost":null,"count":7}', undefined],
    ['{"cost":"free","count":7}', undefined],
    ['{"cost":0.05,"count":-1}', undefined],
    ['{"cost":0.05,"count":1.5}', undefined],
    ['{"cost":0.05,"count":"many"}', undefined],
    ['{"cost":0.05}', undefined],
    ["null", undefined],
    ["[]", undefined],
    ["5", undefined],
    ["{}", undefined],
  ])("with %s has for sale at %o, and what makes sense besides", async (row, costMicroUsd) => {
    says(`{"6":{"ds":${row},"am":{"cost":0.06,"count":1}},"999":{"zz":{"cost":1,"count":1}},"16":{}}`);
    const offers = await counter.otp.offers();
    expect(offers.filter(({ service }) => service === "acorn-mail")).toHaveLength(1);
    const expected = costMicroUsd === undefined ? [] : [{ service: "discord", country: "id", costMicroUsd, stock: 7 }];
    expect(await inIndonesia()).toEqual(expected);
  });

  it("takes a country with nothing on sale for that, as suppliers in PHP tell it, and sells what there is elsewhere", async () => {
    says('{"16":[],"6":{"ds":{"cost":0.05,"count":7}}}');
    expect(await counter.otp.offers()).toEqual([
      { service: "discord", country: "id", costMicroUsd: 50_000n, stock: 7 },
    ]);
  });

  it("is as old as the question, also for who joined in later", async () => {
    counter.supplier.order({ fault: { action: "getPrices", how: "slow", slowMs: 200 } });
    const first = counter.otp.offers();
    await expect.poll(asked, { interval: 5 }).toBe(1);
    counter.clock.advance(4);
    await Promise.all([first, counter.otp.offers()]);
    counter.clock.advance(1);
    await counter.otp.offers();
    expect(asked()).toBe(2);
  });

  it("does not let names of objects' own things be on sale", async () => {
    says('{"__proto__":{"ds":{"cost":1,"count":1}},"constructor":{}}');
    expect(await counter.otp.offers()).toEqual([]);
  });

  it("are each process's own", async () => {
    await counter.otp.offers();
    const { otp } = await openAt(counter.supplier.url, counter.clock);
    expect(await inIndonesia(otp)).toHaveLength(1);
    expect(asked()).toBe(2);
    await otp.close();
  });
});
