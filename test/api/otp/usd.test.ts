import { describe, expect, it } from "vitest";
import { decimalUsdOf, microUsdOf } from "../../../api/providers/otp/usd.ts";
import { createDice } from "../bad-requests/dice.ts";

describe("microUsdOf", () => {
  it.each<[string | number, bigint]>([
    ["0.05", 50_000n],
    ["5", 5_000_000n],
    [" 0.035 ", 35_000n],
    ["0.1", 100_000n],
    ["0.000001", 1n],
    ["0.0000010000", 1n],
    ["0", 0n],
    ["999999999.999999", 999_999_999_999_999n],
    [0.07, 70_000n],
    [1.1, 1_100_000n],
    [0.1 + 0.2, 300_001n],
    [4.35, 4_350_000n],
  ])("reads %o as %d", (amount, microUsd) => {
    expect(microUsdOf(amount)).toBe(microUsd);
  });

  it.each<[string, bigint]>([
    ["0.0000011", 2n],
    ["0.0000001", 1n],
    ["0.0350001", 35_001n],
    ["0.9999999", 1_000_000n],
  ])("counts what is less than a micro-USD in %s as one", (amount, microUsd) => {
    expect(microUsdOf(amount)).toBe(microUsd);
  });

  it.each(["", "-1", "+1", "1e3", "0x1", ".5", "5.", "1,5", "$1", "NaN", "1 2", "9999999999", 1e21, Number.NaN, 1e-7])(
    "takes %o for no amount",
    (amount) => {
      expect(microUsdOf(amount)).toBeUndefined();
    },
  );
});

describe("decimalUsdOf", () => {
  it.each<[bigint, string]>([
    [0n, "0"],
    [1n, "0.000001"],
    [50_000n, "0.05"],
    [5_000_000n, "5"],
    [10_500_000n, "10.5"],
    [100_000_000n, "100"],
  ])("writes %d as %s", (microUsd, decimal) => {
    expect(decimalUsdOf(microUsd)).toBe(decimal);
  });

  it("is read back as the same amount, also as a JSON number", () => {
    const dice = createDice(7);
    for (let i = 0; i < 20_000; i++) {
      const microUsd = BigInt(dice.roll(10 ** (1 + dice.roll(9))));
      const decimal = decimalUsdOf(microUsd);
      expect(microUsdOf(decimal)).toBe(microUsd);
      expect(microUsdOf(JSON.parse(decimal))).toBe(microUsd);
    }
  });
});
