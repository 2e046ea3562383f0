import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bought, type Counter, DISCORD, KEY, openAt, openCounter } from "./counter.ts";

let counter: Counter;
beforeEach(async () => {
  counter = await openCounter();
});
afterEach(() => counter.close());

const says = (action: "getNumber" | "getStatus" | "getFullSms" | "setStatus" | "getBalance", word: string) =>
  counter.supplier.order({ fault: { action, how: "word", word } });

describe("buy", () => {
  it("gives the number as E.164 and is charged its price", async () => {
    const sold = await counter.otp.buy(DISCORD);
    expect(sold).toEqual({
      kind: "bought",
      activationId: "100001",
      phoneNumber: expect.stringMatching(/^\+62\d{10}$/),
    });
    expect(counter.supplier.balanceMicroUsd()).toBe(1_000_000_000n - 35_000n);
  });

  it.each([
    ["NO_NUMBERS", "no_numbers"],
    ["NO_BALANCE", "no_balance"],
    ["WRONG_MAX_PRICE:0.05", "price_rose"],
    ["BAD_SERVICE", "bad_service"],
    ["BAD_ACTION", "failed"],
    ["BAD_KEY", "failed"],
    ["BANNED:2026-11-22 00-00-00", "failed"],
  ])("takes %s as refused: %s", async (word, reason) => {
    says("getNumber", word);
    expect(await counter.otp.buy(DISCORD)).toEqual({ kind: "refused", reason });
    expect(counter.supplier.activations()).toEqual([]);
  });

  it.each([
    ["ERROR_SQL"],
    ["ACCESS_NUMBER"],
    ["ACCESS_NUMBER:1"],
    ["ACCESS_NUMBER::620001234567"],
    ["ACCESS_NUMBER:1:0620001234567"],
    ["ACCESS_NUMBER:1:62000"],
    ["ACCESS_NUMBER:1:6200012345678901234"],
    ["ACCESS_NUMBER:1:62000x234567"],
    ["ACCESS_NUMBER:1 2:620001234567"],
    ["no_numbers"],
    ["NO_NUMBERS_TODAY"],
    ["constructor"],
    ["<b>ACCESS_NUMBER:1:620001234567</b>"],
  ])("leaves %s unknown", async (word) => {
    says("getNumber", word);
    expect(await counter.otp.buy(DISCORD)).toEqual({ kind: "unknown" });
  });

  it.each([["ACCESS_NUMBER:a-1:+620001234567"], ["ACCESS_NUMBER:a-1:620001234567\r\n"]])("reads %j", async (word) => {
    says("getNumber", word);
    expect(await counter.otp.buy(DISCORD)).toEqual({
      kind: "bought",
      activationId: "a-1",
      phoneNumber: "+620001234567",
    });
  });

  it("is refused by the supplier itself where it sells none, asks more, or has no money left", async () => {
    expect(await counter.otp.buy({ ...DISCORD, maxCostMicroUsd: 34_999n })).toEqual({
      kind: "refused",
      reason: "price_rose",
    });
    counter.supplier.order({ balanceUsd: "0.034999" });
    expect(await counter.otp.buy(DISCORD)).toEqual({ kind: "refused", reason: "no_balance" });
    counter.supplier.order({ goods: { service: "ds", country: "6", stock: 0 } });
    expect(await counter.otp.buy(DISCORD)).toEqual({ kind: "refused", reason: "no_numbers" });
  });

  it("asks nobody for what the catalogue does not hold", async () => {
    for (const wrong of [{ service: "ds" }, { country: "6" }, { service: "toString" }])
      expect(await counter.otp.buy({ ...DISCORD, ...wrong })).toEqual({ kind: "refused", reason: "bad_service" });
    expect(counter.supplier.asked("getNumber")).toBe(0);
  });
});

describe("status", () => {
  it("waits until the code is there, then tells it with the whole text", async () => {
    const id = await bought(counter);
    expect(await counter.otp.status(id)).toEqual({ kind: "waiting" });
    counter.clock.advance(4);
    const received = await counter.otp.status(id);
    expect(received).toEqual({
      kind: "received",
      code: expect.stringMatching(/^\d{6}$/),
      text: expect.stringMatching(/^Discord: your code is \d{6}\.$/),
    });
  });

  it("tells the code as the text where the supplier does not know whole texts, and asks for none again", async () => {
    const id = await bought(counter);
    counter.supplier.deliver(id, "your code is 654321");
    says("getFullSms", "BAD_ACTION");
    for (let i = 0; i < 2; i++)
      expect(await counter.otp.status(id)).toEqual({ kind: "received", code: "654321", text: "654321" });
    expect(counter.supplier.asked("getFullSms")).toBe(1);
  });

  it.each([["NO_ACTIVATION"], ["FULL_SMS:"], ["STATUS_WAIT_CODE"]])("does not lose the code over %s", async (word) => {
    const id = await bought(counter);
    counter.supplier.deliver(id, "your code is 654321");
    says("getFullSms", word);
    expect(await counter.otp.status(id)).toEqual({ kind: "received", code: "654321", text: "654321" });
    expect(await counter.otp.status(id)).toMatchObject({ text: "your code is 654321" });
  });

  it.each([
    ["STATUS_WAIT_CODE", { kind: "waiting" }],
    ["STATUS_WAIT_RETRY:1234", { kind: "waiting" }],
    ["STATUS_WAIT_RESEND", { kind: "waiting" }],
    ["STATUS_CANCEL", { kind: "cancelled" }],
    ["STATUS_OK:12:34", { kind: "received", code: "12:34" }],
    ["STATUS_OK:12\u000034", { kind: "received", code: "1234" }],
    ["STATUS_OK:", { kind: "unknown" }],
    ["STATUS_OK", { kind: "unknown" }],
    ["NO_ACTIVATION", { kind: "unknown" }],
    ["WRONG_ACTIVATION_ID", { kind: "unknown" }],
    ["BAD_STATUS", { kind: "unknown" }],
    ["BAD_KEY", { kind: "unknown" }],
    ["BANNED:1", { kind: "unknown" }],
    ["ERROR_SQL", { kind: "unknown" }],
  ])("takes %j as %o", async (word, known) => {
    says("getStatus", word);
    expect(await counter.otp.status("100001")).toMatchObject(known);
  });
});

describe("cancel", () => {
  it("is refused early, with the time that is left, and pays back later", async () => {
    const id = await bought(counter, { ...DISCORD, service: "juniper-parcels", maxCostMicroUsd: 37_500n } as never);
    expect(await counter.otp.cancel(id)).toEqual({ kind: "too_early", retryAfterSec: 120 });
    counter.clock.advance(50);
    expect(await counter.otp.cancel(id)).toEqual({ kind: "too_early", retryAfterSec: 70 });
    counter.clock.advance(69);
    expect(await counter.otp.cancel(id)).toEqual({ kind: "too_early", retryAfterSec: 10 });
    counter.clock.advance(1);
    expect(await counter.otp.cancel(id)).toEqual({ kind: "cancelled" });
    expect(await counter.otp.status(id)).toEqual({ kind: "cancelled" });
    expect(counter.supplier.balanceMicroUsd()).toBe(1_000_000_000n);
  });

  it("does not know how long is left for a number that it did not buy itself", async () => {
    const id = await bought(counter);
    const { otp } = await openAt(counter.supplier.url, counter.clock);
    expect(await otp.cancel(id)).toEqual({ kind: "too_early", retryAfterSec: 10 });
    await otp.close();
  });

  it("may be asked for again", async () => {
    const id = await bought(counter);
    counter.supplier.order({ usual: true });
    says("setStatus", "ACCESS_CANCEL");
    expect(await counter.otp.cancel(id)).toEqual({ kind: "cancelled" });
    says("setStatus", "BAD_STATUS");
    says("getStatus", "STATUS_CANCEL");
    expect(await counter.otp.cancel(id)).toEqual({ kind: "cancelled" });
  });

  it("tells the code that was there first", async () => {
    const id = await bought(counter);
    counter.supplier.deliver(id, "your code is 654321");
    expect(await counter.otp.cancel(id)).toEqual({ kind: "received", code: "654321", text: "your code is 654321" });
  });

  it.each([["NO_ACTIVATION"], ["WRONG_ACTIVATION_ID"]])("is over at %s", async (word) => {
    says("setStatus", word);
    expect(await counter.otp.cancel("100001")).toEqual({ kind: "cancelled" });
  });

  it.each([["BAD_STATUS"], ["BAD_KEY"], ["ERROR_SQL"], ["ACCESS_READY"], ["ACCESS_RETRY_GET"], ["ACCESS_ACTIVATION"]])(
    "leaves %s open while the number waits",
    async (word) => {
      const id = await bought(counter);
      says("setStatus", word);
      expect(await counter.otp.cancel(id)).toEqual({ kind: "unknown" });
    },
  );
});

describe("finish", () => {
  it("closes a number that got its code", async () => {
    const id = await bought(counter);
    counter.supplier.deliver(id, "your code is 654321");
    await counter.otp.finish(id);
    expect(counter.supplier.activations()).toMatchObject([{ id, state: "finished" }]);
  });

  it.each([["BAD_STATUS"], ["NO_ACTIVATION"], ["ERROR_SQL"]])("does not mind %s", async (word) => {
    says("setStatus", word);
    await expect(counter.otp.finish("100001")).resolves.toBeUndefined();
  });
});

describe("health", () => {
  const UNKNOWN = [{ supplier: 1, balanceMicroUsd: undefined }];

  it("tells what is left, to the micro-USD", async () => {
    counter.supplier.order({ balanceUsd: "12.345678" });
    expect(await counter.otp.health()).toEqual([{ supplier: 1, balanceMicroUsd: 12_345_678n }]);
  });

  it.each([["BAD_KEY"], ["ACCESS_BALANCE:"], ["ACCESS_BALANCE:NaN"], ["ACCESS_BALANCE:1e3"], ["ERROR_SQL"]])(
    "knows nothing at %s",
    async (word) => {
      says("getBalance", word);
      expect(await counter.otp.health()).toEqual(UNKNOWN);
    },
  );

  it("knows nothing with another key than the supplier's", async () => {
    const other = await openCounter({ key: `${KEY}-2` });
    const { otp } = await openAt(other.supplier.url);
    expect(await otp.health()).toEqual(UNKNOWN);
    expect(await otp.buy(DISCORD)).toEqual({ kind: "refused", reason: "failed" });
    await otp.close();
    await other.close();
  });
});
