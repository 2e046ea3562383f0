import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Effect, once } from "../../../api/providers/phone/once.ts";
import type { Unknown } from "../../../api/providers/phone.ts";
import { createPhoneWorld, type PhoneWorld } from "./phone-world.ts";

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

type Done = { kind: "done"; by: string };

/** An effect that says nothing until it is told what. */
function slow(reference: string, by: string) {
  const answer = Promise.withResolvers<Done | Unknown>();
  const begun = Promise.withResolvers<void>();
  const act = () => {
    begun.resolve();
    return answer.promise;
  };
  const effect: Effect<Done> = { reference, what: "text", act, find: async () => ({ kind: "absent" }) };
  const outcome = once(world.deps, effect);
  return { outcome, begun: begun.promise, answer: answer.resolve, done: () => answer.resolve({ kind: "done", by }) };
}

describe("once", () => {
  it("lets one ask at a time, and tells the others for how long", async () => {
    const reference = randomUUID();
    const first = slow(reference, "first");
    await first.begun;
    world.clock.advance(2);
    expect(await slow(reference, "second").outcome).toEqual({ kind: "unknown", retryAfterSec: 3 });
    first.done();
    expect(await first.outcome).toEqual({ kind: "done", by: "first" });
    expect(await slow(reference, "third").outcome).toEqual({ kind: "done", by: "first" });
  });

  it("lets the next ask when one was slower than a carrier can be; the first answer stays", async () => {
    const reference = randomUUID();
    const first = slow(reference, "first");
    await first.begun;
    world.clock.advance(5);
    const second = slow(reference, "second");
    await second.begun;
    second.done();
    expect(await second.outcome).toEqual({ kind: "done", by: "second" });
    first.done();
    expect(await first.outcome).toEqual({ kind: "done", by: "second" });
  });

  it("does not let a slow one end the turn of the next", async () => {
    const reference = randomUUID();
    const first = slow(reference, "first");
    await first.begun;
    world.clock.advance(5);
    const second = slow(reference, "second");
    await second.begun;
    first.answer({ kind: "unknown" });
    await first.outcome;
    world.clock.advance(3);
    expect(await slow(reference, "third").outcome).toEqual({ kind: "unknown", retryAfterSec: 2 });
    second.done();
    expect(await second.outcome).toEqual({ kind: "done", by: "second" });
  });

  it("asks again later and later, a minute apart at most", async () => {
    const reference = randomUUID();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      const call = slow(reference, "nobody");
      call.answer({ kind: "unknown" });
      const outcome = await call.outcome;
      if (outcome.kind !== "unknown") throw new Error(outcome.kind);
      waits.push(outcome.retryAfterSec);
      world.clock.advance(outcome.retryAfterSec);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it("tells a look-up that nothing is on its way when the last call was surely not taken on", async () => {
    const reference = randomUUID();
    const lookedFrom: Date[] = [];
    const answers: (Unknown | { kind: "absent" } | Done)[] = [
      { kind: "absent" },
      { kind: "unknown" },
      { kind: "done", by: "third" },
    ];
    const effect: Effect<Done> = {
      reference,
      what: "text",
      act: async () => answers.shift() ?? { kind: "unknown" },
      find: async (triedAt) => {
        lookedFrom.push(triedAt);
        return { kind: "absent" };
      },
    };
    expect(await once(world.deps, effect)).toEqual({ kind: "unknown", retryAfterSec: 2 });
    world.clock.advance(2);
    const again = new Date(world.clock.nowMs());
    expect(await once(world.deps, effect)).toEqual({ kind: "unknown", retryAfterSec: 4 });
    world.clock.advance(4);
    expect(await once(world.deps, effect)).toEqual({ kind: "done", by: "third" });
    expect(lookedFrom).toEqual([new Date(0), again]);
  });

  it("does not ask another carrier for what this one may have done, but for what it surely did not", async () => {
    const other = { ...world.deps, phone: { ...world.deps.phone, name: "other" } };
    const asked: string[] = [];
    const effectOf = (said: Unknown | { kind: "absent" }): Effect<Done> => {
      const reference = randomUUID();
      const act = async (): Promise<Unknown | { kind: "absent" } | Done> => {
        asked.push(reference);
        return asked.length % 2 === 1 ? said : { kind: "done", by: "other" };
      };
      return { reference, what: "text", act, find: async () => ({ kind: "absent" }) };
    };
    const unsent = effectOf({ kind: "absent" });
    await once(world.deps, unsent);
    world.clock.advance(2);
    expect(await once(other, unsent)).toEqual({ kind: "done", by: "other" });
    const inDoubt = effectOf({ kind: "unknown" });
    await once(world.deps, inDoubt);
    world.clock.advance(3600);
    expect(await once(other, inDoubt)).toEqual({ kind: "refused", reason: "no_answer" });
    expect(asked).toEqual([unsent.reference, unsent.reference, inDoubt.reference]);
  });

  it("takes whatever an adapter throws for no answer", async () => {
    const effect: Effect<Done> = {
      reference: randomUUID(),
      what: "text",
      act: () => Promise.reject(new Error("socket hang up")),
      find: () => Promise.reject(new Error("502")),
    };
    expect(await once(world.deps, effect)).toEqual({ kind: "unknown", retryAfterSec: 2 });
    world.clock.advance(2);
    expect(await once(world.deps, effect)).toEqual({ kind: "unknown", retryAfterSec: 4 });
  });
});
