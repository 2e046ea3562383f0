import type { ServerResponse } from "node:http";
import { setImmediate as turnsEnd } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { leaveTogether } from "../../api/outbox.ts";

const answer = () => ({ destroy: vi.fn() }) as unknown as ServerResponse;

it("sends nothing before the turn ends, and then all of it in order", async () => {
  const sent: string[] = [];
  leaveTogether(answer(), () => sent.push("first"));
  await Promise.resolve();
  leaveTogether(answer(), () => sent.push("second"));
  expect(sent).toEqual([]);
  await turnsEnd();
  expect(sent).toEqual(["first", "second"]);
});

it("cuts an answer that cannot be written, and sends the others", async () => {
  const [broken, well] = [answer(), answer()];
  const write = vi.fn();
  leaveTogether(broken, () => {
    throw new Error("no such header");
  });
  leaveTogether(well, write);
  await turnsEnd();
  expect(broken.destroy).toHaveBeenCalled();
  expect(well.destroy).not.toHaveBeenCalled();
  expect(write).toHaveBeenCalled();
});

it("takes what becomes ready while others leave along in the next turn", async () => {
  const write = vi.fn();
  leaveTogether(answer(), () => leaveTogether(answer(), write));
  await turnsEnd();
  await turnsEnd();
  expect(write).toHaveBeenCalledTimes(1);
});
