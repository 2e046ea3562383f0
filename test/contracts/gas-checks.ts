import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Figure } from "./gas-table.ts";

const TOLERANCE = 1.01;

/** Declares the tests that hold `measured` to the figures committed in `snapshot` and to their targets. */
export function itCostsWhatWasCommitted(measured: Record<string, Figure>, snapshot: URL): void {
  const committed = JSON.parse(readFileSync(snapshot, "utf8")) as Record<string, Figure>;

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
}
