import { afterEach, describe, expect, it } from "vitest";
import { idOf } from "./counter.ts";
import { closeAll, has, openStocked, WANTED } from "./several.ts";

afterEach(closeAll);

const offer = (costMicroUsd: bigint, stock: number) => ({ service: "discord", country: "id", costMicroUsd, stock });

describe("what several suppliers have on sale", () => {
  it("is told at the lowest price at which there is something, with all that there is", async () => {
    const { otp, supplier, clock } = await openStocked([
      ["0.06", 3],
      ["0.05", 4],
      ["0.04", 0],
    ]);
    expect(await otp.offers()).toEqual([offer(50_000n, 7)]);
    supplier(3).order(has("0.04", 1));
    clock.advance(5);
    expect(await otp.offers()).toEqual([offer(40_000n, 8)]);
    for (const number of [1, 2, 3]) supplier(number).order(has(`0.0${4 + number}`, 0));
    clock.advance(5);
    expect(await otp.offers()).toEqual([offer(50_000n, 0)]);
  });

  it("is without who is away, until he is back; nothing is told when all are", async () => {
    const { otp, supplier, clock } = await openStocked([
      ["0.06", 3],
      ["0.05", 4],
    ]);
    supplier(2).order({ fault: { action: "getPrices", how: "reset", times: 2 } });
    expect(await otp.offers()).toEqual([offer(60_000n, 3)]);
    supplier(1).order({ fault: { action: "getPrices", how: "500" } });
    clock.advance(61);
    await expect(otp.offers()).rejects.toMatchObject({ code: "provider_unavailable" });
    expect(await otp.offers()).toEqual([offer(50_000n, 7)]);
  });

  it("does not wait for one who is slow: his last list counts for a minute, and he until he has answered", async () => {
    const several = await openStocked([
      ["0.06", 3],
      ["0.05", 4],
    ]);
    const { otp, supplier, clock } = several;
    expect(await otp.offers()).toEqual([offer(50_000n, 7)]);
    supplier(2).order(has("0.04", 9));
    supplier(2).order({ fault: { action: "getPrices", how: "silence" } });
    clock.advance(5);
    const asked = otp.offers();
    await expect.poll(() => supplier(2).asked("getPrices")).toBe(2);
    clock.advance(1);
    expect(await asked).toEqual([offer(50_000n, 7)]);
    // Nobody waits for him a second time.
    expect(await otp.offers()).toEqual([offer(50_000n, 7)]);
    clock.advance(55);
    expect(await otp.offers()).toEqual([offer(60_000n, 3)]);
  });

  it("is the same list as long as nothing has changed: who has sorted it need not do so again", async () => {
    const { otp, clock } = await openStocked([
      ["0.06", 3],
      ["0.05", 4],
    ]);
    const first = await otp.offers();
    clock.advance(4);
    expect(await otp.offers()).toBe(first);
    clock.advance(1);
    expect(await otp.offers()).not.toBe(first);
  });

  it("is asked of each by its own code, and not where it has none", async () => {
    const catalog = {
      services: [
        { id: "discord", name: "Discord", code: { 1: "ds", 2: "am" } },
        { id: "mail", name: "Mail", code: { 2: "ds" } },
      ],
      countries: [{ id: "id", name: "Indonesia", code: "6" }],
    };
    const several = await openStocked(
      [
        ["0.05", 3],
        ["0.03", 4],
      ],
      { catalog },
    );
    const { otp } = several;
    const offers = new Map((await otp.offers()).map((one) => [one.service, one]));
    expect(offers.get("mail")).toEqual({ ...offer(30_000n, 4), service: "mail" });
    const acorn = offers.get("discord");
    expect(acorn?.stock).toBeGreaterThan(3);
    const sold = await otp.buy({ ...WANTED, service: "mail" });
    expect(idOf(sold)).toMatch(/^2:/);
    expect(
      several
        .supplier(2)
        .activations()
        .map(({ service }) => service),
    ).toEqual(["ds"]);
  });
});

it("health tells what is left at each", async () => {
  const { otp, supplier } = await openStocked([
    ["0.05", 4],
    ["0.06", 3],
  ]);
  supplier(1).order({ balanceUsd: "12.5" });
  supplier(2).order({ fault: { action: "getBalance", how: "500" } });
  expect(await otp.health()).toEqual([
    { supplier: 1, balanceMicroUsd: 12_500_000n },
    { supplier: 2, balanceMicroUsd: undefined },
  ]);
});
