import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Desk, openDesk } from "./telnyx-shop.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.close());

it("no order sets off so late that a look-up could take it for absent", async () => {
  const startMs = desk.clock.nowMs();
  // Each answer takes as long as it may.
  vi.spyOn(desk.clock, "nowMs").mockImplementation(() => startMs + 15_000 * desk.sandbox.asked("order"));
  desk.sandbox.order({ plan: { order: "gone", times: 8 } });
  const wanted = { reference: randomUUID(), country: "US" };
  expect(await desk.phone.buyNumber(wanted)).toEqual({ kind: "refused", reason: "out_of_stock" });
  expect(desk.sandbox.asked("order")).toBe(2);
});
