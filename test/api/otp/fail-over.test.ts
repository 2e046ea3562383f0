import { afterEach, describe, expect, it } from "vitest";
import { idOf } from "./counter.ts";
import { startRawSupplier } from "./raw-supplier.ts";
import { closeAll, closing, has, openSeveral, openStocked, type Several, WANTED } from "./several.ts";

afterEach(closeAll);

const soldBy = (several: Several, number: number) => several.supplier(number).activations().length;

/** As a purchase does it: the offers are looked at first. */
async function buy(several: Several, wanted = WANTED) {
  await several.otp.offers();
  return several.otp.buy(wanted);
}

describe("buying at several suppliers", () => {
  it("buys where it is cheapest; everything else goes where it was bought", async () => {
    const several = await openStocked([
      ["0.06", 3],
      ["0.05", 4],
    ]);
    const { otp, supplier, clock } = several;
    supplier(2).order({ code: 4 });
    const sold = await buy(several);
    expect(sold).toMatchObject({
      kind: "bought",
      costMicroUsd: 50_000n,
      activationId: expect.stringMatching(/^2:\w+$/),
    });
    expect([soldBy(several, 1), soldBy(several, 2)]).toEqual([0, 1]);
    expect(await otp.status(idOf(sold))).toEqual({ kind: "waiting" });
    clock.advance(4);
    expect(await otp.status(idOf(sold))).toMatchObject({ kind: "received", code: expect.stringMatching(/^\d+$/) });
    await otp.finish(idOf(sold));
    expect(supplier(2).activations()[0]?.state).toBe("finished");
    supplier(2).order({ code: "never" });
    const other = idOf(await buy(several));
    clock.advance(120);
    expect(await otp.cancel(other)).toEqual({ kind: "cancelled" });
    expect(supplier(1).asked("setStatus") + supplier(1).asked("getStatus")).toBe(0);
  });

  it.each([
    ["NO_NUMBERS"],
    ["NO_BALANCE"],
    ["BAD_KEY"],
    ["BANNED:2027-01-01"],
    ["WRONG_MAX_PRICE:0.06"],
    ["BAD_SERVICE"],
  ])("goes on to the next one after %s, and tells what that cost", async (word) => {
    const several = await openStocked([
      ["0.05", 4],
      ["0.06", 3],
    ]);
    several.supplier(1).order({ fault: { action: "getNumber", how: "word", word } });
    expect(await buy(several)).toMatchObject({
      kind: "bought",
      costMicroUsd: 60_000n,
      activationId: expect.stringMatching(/^2:/),
    });
    expect([soldBy(several, 1), soldBy(several, 2)]).toEqual([0, 1]);
    expect(several.logs.join()).toContain('"supplier":1,"reason"');
  });

  it("goes on to the next one, where the first could not be reached at all", async () => {
    const several = await openStocked([
      ["0.05", 4],
      ["0.06", 3],
    ]);
    await several.otp.offers();
    await several.closeDown(1);
    expect(idOf(await several.otp.buy(WANTED))).toMatch(/^2:/);
  });

  it.each([
    ["silence", true],
    ["silence", false],
    ["reset", true],
    ["500", true],
    ["empty", true],
    ["html", false],
  ] as const)("asks nobody else after %s: a number may have been sold (%s)", async (how, done) => {
    const several = await openStocked([
      ["0.05", 4],
      ["0.06", 3],
    ]);
    several.supplier(1).order({ fault: { action: "getNumber", how, done } });
    expect(await buy(several)).toEqual({ kind: "unknown" });
    expect([soldBy(several, 1), several.supplier(2).asked("getNumber")]).toEqual([done ? 1 : 0, 0]);
  });

  it("pays nobody more than the buyer pays us, and says that the price has risen", async () => {
    const several = await openStocked([
      ["0.05", 1],
      ["0.071", 3],
    ]);
    several.supplier(1).order({ fault: { action: "getNumber", how: "word", word: "NO_NUMBERS" } });
    expect(await buy(several)).toEqual({ kind: "refused", reason: "price_rose" });
    expect(several.supplier(2).asked("getNumber")).toBe(0);
  });

  it("allows each no more than it asked for", async () => {
    const several = await openStocked([
      ["0.05", 1],
      ["0.06", 3],
    ]);
    several.supplier(1).order({ fault: { action: "getNumber", how: "word", word: "NO_NUMBERS" } });
    await several.otp.offers();
    several.supplier(2).order(has("0.065", 3));
    expect(await several.otp.buy(WANTED)).toEqual({ kind: "refused", reason: "price_rose" });
    expect(soldBy(several, 2)).toBe(0);
  });

  it("says that there are none when nobody has any", async () => {
    const several = await openStocked([
      ["0.05", 1],
      ["0.06", 3],
    ]);
    several.supplier(1).order({ fault: { action: "getNumber", how: "word", word: "NO_BALANCE" } });
    several.supplier(2).order({ fault: { action: "getNumber", how: "word", word: "NO_NUMBERS" } });
    expect(await buy(several)).toEqual({ kind: "refused", reason: "no_numbers" });
    expect(await several.otp.buy({ ...WANTED, service: "nothing" })).toEqual({ kind: "refused", reason: "no_numbers" });
  });

  it("begins nothing any more when its buyer has been given his money back", async () => {
    const several: Several[] = [];
    const raw = await startRawSupplier((socket, request) => {
      const isPurchase = request.includes("getNumber");
      if (isPurchase) several[0]?.clock.advance(11);
      const text = isPurchase ? "NO_NUMBERS" : '{"6":{"ds":{"cost":0.05,"count":1}}}';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    });
    closing(raw.close);
    several.push(
      await openStocked(
        [
          ["0.05", 1],
          ["0.06", 3],
        ],
        { elsewhere: { 1: `${raw.url}/stubs/handler_api.php` } },
      ),
    );
    const [shop] = several as [Several];
    expect(await buy(shop)).toEqual({ kind: "refused", reason: "no_numbers" });
    expect(shop.supplier(2).asked("getNumber")).toBe(0);
  });

  it("sells to fifty at once what two have, each number once", async () => {
    const several = await openStocked([
      ["0.05", 20],
      ["0.06", 20],
    ]);
    await several.otp.offers();
    const told = await Promise.all(Array.from({ length: 50 }, () => several.otp.buy(WANTED)));
    const ids = told.flatMap((one) => (one.kind === "bought" ? [one.activationId] : []));
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
    expect([soldBy(several, 1), soldBy(several, 2)]).toEqual([20, 20]);
    expect(told.filter((one) => one.kind === "refused")).toHaveLength(10);
  });
});

describe("names of activations", () => {
  it("that were given while there was one supplier are the first one's", async () => {
    const several = await openStocked([
      ["0.05", 4],
      ["0.06", 3],
    ]);
    const sold = idOf(await buy(several));
    expect(sold).toBe(several.supplier(1).activations()[0]?.id);
    expect(await several.otp.status(sold)).toEqual({ kind: "waiting" });
  });

  it("of a supplier who is not there any more lead to nobody else", async () => {
    const several = await openSeveral([2]);
    const sold = idOf(await several.otp.buy(WANTED));
    expect(sold).toMatch(/^2:/);
    const bare = sold.slice(2);
    expect([await several.otp.status(bare), await several.otp.cancel(bare)]).toEqual([
      { kind: "unknown" },
      { kind: "unknown" },
    ]);
    expect(await several.otp.status(`3:${bare}`)).toEqual({ kind: "unknown" });
    await several.otp.finish(`3:${bare}`);
    expect(await several.otp.status(sold)).toEqual({ kind: "waiting" });
  });
});
