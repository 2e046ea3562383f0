import { describe, expect, it } from "vitest";
import { quietHours } from "../../../api/providers/phone/rules/quiet-hours.ts";

const HOUR = 3600;
const leftAt = (at: string, asked: Parameters<typeof quietHours>[0]) => quietHours(asked)(Date.parse(at));

describe("quiet hours", () => {
  const berlin = { from: "21:00", to: "08:00", timeZones: ["Europe/Berlin"] };
  it.each([
    ["2026-01-15T19:59:59Z", 0],
    ["2026-01-15T20:00:00Z", 11 * HOUR],
    ["2026-01-15T23:30:00Z", 7.5 * HOUR],
    ["2026-01-16T06:59:59Z", 1],
    ["2026-01-16T07:00:00Z", 0],
    // In summer the clocks are another hour ahead.
    ["2026-07-15T19:00:00Z", 11 * HOUR],
    ["2026-07-15T06:00:00Z", 0],
  ])("over midnight, by the clocks of the place: %s", (at, leftSec) => {
    expect(leftAt(at, berlin)).toBe(leftSec);
  });

  it.each([
    ["2026-01-15T11:59:59Z", 0],
    ["2026-01-15T12:00:00Z", HOUR],
    ["2026-01-15T13:00:00Z", 0],
  ])("within a day: %s", (at, leftSec) => {
    expect(leftAt(at, { from: "12:00", to: "13:00", timeZones: ["UTC"] })).toBe(leftSec);
  });

  it("last as long as the night of the last of several places", () => {
    const usa = { from: "21:00", to: "08:00", timeZones: ["America/New_York", "America/Los_Angeles"] };
    // Noon in New York, nine in Los Angeles; an hour and a half before it was night there.
    expect(leftAt("2026-01-15T17:00:00Z", usa)).toBe(0);
    expect(leftAt("2026-01-15T15:30:00Z", usa)).toBe(0.5 * HOUR);
    expect(leftAt("2026-01-15T03:00:00Z", usa)).toBe(10 * HOUR);
  });
});
