import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bought, type Counter, DISCORD, HASTE, KEY, openAt, openCounter } from "./counter.ts";

let counter: Counter;
/** The same without patience. */
let hasty: Awaited<ReturnType<typeof openAt>>;
beforeEach(async () => {
  counter = await openCounter({ earlyCancelSec: 0 });
  hasty = await openAt(counter.supplier.url, counter.clock, HASTE);
});
afterEach(async () => {
  await hasty.otp.close();
  await counter.close();
});

const FAULTS = ["silence", "reset", "500", "html", "garbage", "empty", "half"] as const;
type Action = "getNumber" | "getStatus" | "setStatus" | "getPrices" | "getBalance";
const spoil = (action: Action, how: (typeof FAULTS)[number], done = false) =>
  counter.supplier.order({ fault: { action, how, done, times: 5 } });

describe.each(FAULTS)("a supplier with %s in place of an answer", (how) => {
  const asking = () => (how === "silence" ? hasty : counter);

  it("is asked for a number once, and what came of it is unknown", async () => {
    spoil("getNumber", how, true);
    expect(await asking().otp.buy(DISCORD)).toEqual({ kind: "unknown" });
    expect(counter.supplier.asked("getNumber")).toBe(1);
    expect(counter.supplier.activations()).toHaveLength(1);
  });

  it("leaves a number that it did charge to be taken back by itself", async () => {
    counter.supplier.order({ code: "never" });
    spoil("getNumber", how, true);
    await asking().otp.buy(DISCORD);
    expect(counter.supplier.balanceMicroUsd()).toBe(1_000_000_000n - 35_000n);
    counter.clock.advance(1_200);
    expect(counter.supplier.balanceMicroUsd()).toBe(1_000_000_000n);
  });

  it("says nothing of a number's state", async () => {
    const id = await bought(counter);
    spoil("getStatus", how);
    expect(await asking().otp.status(id)).toEqual({ kind: "unknown" });
  });

  it("may have taken a number back; the next answer tells", async () => {
    const id = await bought(counter);
    spoil("setStatus", how, true);
    counter.supplier.order({ fault: { action: "getStatus", how } });
    expect(await asking().otp.cancel(id)).toEqual({ kind: "unknown" });
    expect(await counter.otp.status(id)).toEqual({ kind: "cancelled" });
  });

  it("tells no prices and no balance", async () => {
    spoil("getPrices", how);
    spoil("getBalance", how);
    await expect(asking().otp.offers()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(await asking().otp.health()).toEqual([{ supplier: 1, balanceMicroUsd: undefined }]);
    expect(counter.supplier.asked("getPrices")).toBe(1);
  });

  it("gets the key into no log line and no error", async () => {
    for (const action of ["getNumber", "getStatus", "setStatus", "getPrices", "getBalance"] as const)
      spoil(action, how);
    const { otp, logs } = asking();
    const thrown = await otp.offers().catch((error: Error) => [error.message, error.stack, JSON.stringify(error)]);
    const told = [await otp.buy(DISCORD), await otp.status("1"), await otp.cancel("1"), await otp.health(), thrown];
    await otp.finish("1");
    expect(logs.length).toBeGreaterThan(0);
    for (const secret of [KEY, "SECRET", "handler_api", "127.0.0.1"])
      expect(`${logs.join("\n")}${JSON.stringify(told)}`).not.toContain(secret);
  });
});

describe("a supplier that is slow", () => {
  it("is waited for as long as it may take", async () => {
    const id = await bought(counter);
    counter.supplier.order({ fault: { action: "getStatus", how: "slow", slowMs: 20 } });
    expect(await counter.otp.status(id)).toEqual({ kind: "waiting" });
  });

  it("does not keep a code back for its text", async () => {
    const id = await bought(counter);
    counter.supplier.deliver(id, "your code is 654321");
    counter.supplier.order({ fault: { action: "getFullSms", how: "silence" } });
    expect(await counter.otp.status(id)).toEqual({ kind: "received", code: "654321", text: "654321" });
  });

  it("is left when it takes longer, and asked anew the next time", async () => {
    const id = await bought(counter);
    counter.supplier.order({ fault: { action: "getStatus", how: "slow", slowMs: 60_000 } });
    expect(await hasty.otp.status(id)).toEqual({ kind: "unknown" });
    expect(await counter.otp.status(id)).toEqual({ kind: "waiting" });
  });
});

describe("a supplier whose texts come at odd times", () => {
  it("tells of a text that came after the number was taken back", async () => {
    counter.supplier.order({ code: "late" });
    const id = await bought(counter);
    counter.clock.advance(100);
    expect(await counter.otp.status(id)).toEqual({ kind: "waiting" });
    expect(await counter.otp.cancel(id)).toEqual({ kind: "cancelled" });
    expect(await counter.otp.status(id)).toMatchObject({ kind: "received" });
    expect(counter.supplier.balanceMicroUsd()).toBe(1_000_000_000n);
  });

  it("never tells of one that never comes", async () => {
    counter.supplier.order({ code: "never" });
    const id = await bought(counter);
    counter.clock.advance(1_199);
    expect(await counter.otp.status(id)).toEqual({ kind: "waiting" });
    counter.clock.advance(1);
    expect(await counter.otp.status(id)).toEqual({ kind: "cancelled" });
  });

  it("tells at once of one that comes at once", async () => {
    counter.supplier.order({ code: "now" });
    expect(await counter.otp.status(await bought(counter))).toMatchObject({ kind: "received" });
  });
});

describe("purchases of which none is answered", () => {
  it("do not wait for each other: what is bought late is bought for nobody", async () => {
    counter.supplier.order({ fault: { action: "getNumber", how: "silence", times: 100 } });
    const buying = Promise.all(Array.from({ length: 100 }, () => counter.otp.buy(DISCORD)));
    await expect.poll(() => counter.supplier.asked("getNumber"), { timeout: 30_000 }).toBe(100);
    await counter.otp.close();
    expect(new Set((await buying).map(({ kind }) => kind))).toEqual(new Set(["unknown"]));
  });
});

describe("two hundred purchases at once", () => {
  it("are two hundred requests and two hundred numbers", async () => {
    const sold = await Promise.all(Array.from({ length: 200 }, () => counter.otp.buy(DISCORD)));
    expect(sold.filter(({ kind }) => kind !== "bought")).toEqual([]);
    const numbers = counter.supplier.activations().map(({ phoneNumber }) => phoneNumber);
    expect(new Set(numbers).size).toBe(200);
    expect(counter.supplier.asked("getNumber")).toBe(200);
  });
});
