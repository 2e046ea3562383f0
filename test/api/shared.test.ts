import { expect, it } from "vitest";
import { shared } from "../../api/storefront/shared.ts";
import { TestClock } from "./support/test-clock.ts";

it("one run answers all who ask while it runs and shortly after", async () => {
  const clock = new TestClock();
  const runs: PromiseWithResolvers<number>[] = [];
  const ask = shared({ clock, keptMs: 500 }, () => {
    runs.push(Promise.withResolvers());
    return (runs.at(-1) as PromiseWithResolvers<number>).promise;
  });
  const early = [ask(), ask()];
  clock.advance(60);
  early.push(ask());
  runs[0]?.resolve(1);
  expect(await Promise.all(early)).toEqual([1, 1, 1]);
  clock.advance(0.499);
  expect(await ask()).toBe(1);
  clock.advance(0.001);
  const late = ask();
  runs[1]?.resolve(2);
  expect(await late).toBe(2);
  expect(runs).toHaveLength(2);
});

it("a failure is told to all who wait for it and to nobody later", async () => {
  const answers = [Promise.reject(new Error("away")), Promise.resolve("here")];
  const ask = shared({ clock: new TestClock(), keptMs: 500 }, () => answers.shift() as Promise<string>);
  const both = await Promise.allSettled([ask(), ask()]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(await ask()).toBe("here");
});
