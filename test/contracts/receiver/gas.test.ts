import { describe, expect, it } from "vitest";
import { itCostsWhatWasCommitted } from "../gas-checks.ts";
import type { Figure } from "../gas-table.ts";
import { measureReceiverGas } from "./gas-table.ts";

const measured = await measureReceiverGas();

describe("gas of the receiver, steady state", () => {
  itCostsWhatWasCommitted(measured, new URL("gas-snapshot.json", import.meta.url));
});

describe("a plain x402 payment", () => {
  it.each(["x402, straight to USDC", "x402, straight to USDC, signature as bytes"])(
    "costs nothing extra: %s is what it costs to pay an account without code",
    (path) => {
      const { gasUsed, floor } = measured[path] as Figure;
      // The bytes of addresses and signatures differ, and a zero byte is 12 gas cheaper.
      expect(Math.abs(gasUsed - (floor as number))).toBeLessThan(100);
    },
  );
});
