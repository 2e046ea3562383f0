import { expect, it } from "vitest";
import { stopAll } from "../../dev/stop-all.ts";

it("stops every part, last first, also after one that cannot be stopped", async () => {
  const stopped: string[] = [];
  const told: string[] = [];
  const part = (name: string) => async () => void stopped.push(name);
  const stuck = () => Promise.reject(new Error("stuck"));
  expect(await stopAll([part("first"), stuck, part("last")], (message) => told.push(message))).toBe(false);
  expect([stopped, told]).toEqual([["last", "first"], ["stuck"]]);
  expect(await stopAll([part("only")], (message) => told.push(message))).toBe(true);
});
