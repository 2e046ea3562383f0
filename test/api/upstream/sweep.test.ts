import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Sweep, type Timed } from "../../../api/providers/upstream/sweep.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timed = () => ({
  slot: 0,
  elapsedMs: 0,
  tick(ms: number) {
    this.elapsedMs += ms;
  },
});
const ticked = (all: readonly { elapsedMs: number }[]) => all.map(({ elapsedMs }) => elapsedMs > 0);

it("tells the time to exactly those that were added and not removed, in whatever order they went", () => {
  const sweep = new Sweep(800);
  const all = Array.from({ length: 6 }, timed);
  for (const each of all) sweep.add(each);
  for (const index of [0, 5, 3, 4]) sweep.remove(all[index] as Timed);
  vi.advanceTimersByTime(100);
  expect(ticked(all)).toEqual([false, true, true, false, false, false]);
});

it("skips nobody when one ends at its own tick", () => {
  const sweep = new Sweep(800);
  const ending = { slot: 0, tick: () => sweep.remove(ending) };
  const others = [timed(), timed(), timed()];
  for (const each of [others[0], ending, others[1], others[2]]) sweep.add(each as Timed);
  vi.advanceTimersByTime(100);
  expect(ticked(others)).toEqual([true, true, true]);
});

it("counts a stalled event loop as two steps at most", () => {
  const sweep = new Sweep(800);
  const one = timed();
  sweep.add(one);
  const now = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
  vi.advanceTimersByTime(100);
  expect(one.elapsedMs).toBe(200);
  now.mockRestore();
});

it("stops its timer when nothing runs, and starts it again", () => {
  const sweep = new Sweep(800);
  const one = timed();
  sweep.add(one);
  sweep.remove(one);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  sweep.add(one);
  vi.advanceTimersByTime(100);
  expect(one.elapsedMs).toBe(100);
});
