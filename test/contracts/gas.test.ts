import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Figure, measureGas } from "./gas-table.ts";

const SNAPSHOT = new URL("../../snapshots/gateway-gas.json", import.meta.url);
const TOLERANCE = 1.01;

const measured = await measureGas();
if (process.env.GAS_SNAPSHOT === "write") {
  writeFileSync(SNAPSHOT, `${JSON.stringify(measured, null, 2)}\n`);
  console.table(measured);
}
const committed = JSON.parse(readFileSync(SNAPSHOT, "utf8")) as Record<string, Figure>;

describe("gas, steady state, 1 % fee", () => {
  it("has a committed figure for every path, and no other", () => {
    expect(Object.keys(committed)).toEqual(Object.keys(measured));
  });

  for (const [path, figure] of Object.entries(measured)) {
    it(`${path} costs no more than 1 % above its snapshot, in both columns`, () => {
      const before = committed[path] as Figure;
      expect(figure.gasUsed).toBeLessThanOrEqual(before.gasUsed * TOLERANCE);
      expect(figure.withoutRefunds).toBeLessThanOrEqual(before.withoutRefunds * TOLERANCE);
    });
    if (figure.target === undefined) continue;
    it(`${path} meets its target of ${figure.target} without refunds`, () => {
      expect(figure.withoutRefunds).toBeLessThanOrEqual(figure.target as number);
    });
  }
});
