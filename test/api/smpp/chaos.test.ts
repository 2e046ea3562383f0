import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { TestClock } from "../support/test-clock.ts";
import { createSmppWorld, type SmppWorld } from "./smpp-world.ts";
import type { Reply } from "./smsc.ts";

const TEXTS = 250;

let world: SmppWorld;
let other: SmppWorld;
beforeAll(async () => {
  world = await createSmppWorld({ SMPP_WINDOW: "4" });
  other = await world.sibling();
  await world.bound();
  await other.bound();
});
afterAll(() => world?.close());

/** The same numbers each time. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const BAD: readonly Reply[] = [
  "silence",
  "drop",
  { command_status: 0x58 },
  { command_status: 0x14 },
  { command_status: 0x08 },
  { command_status: 0x0b },
];
/** Asks again, ever later, as the worker does. */
async function untilKnown(ask: () => Promise<{ kind: string }>, clock: TestClock): Promise<string> {
  for (let tries = 1; ; tries++) {
    const { kind } = await ask();
    if (kind !== "unknown" || tries === 5) return kind;
    await clock.sleep(15_000 * tries);
  }
}

/** It may have been taken on. */
const counts = (reply: Reply) => typeof reply === "string" || !reply.command_status;

describe("texts through an SMSC that does whatever it likes, sent by two processes that ask again", () => {
  it("are taken on once at most each, and told of as they are", async () => {
    const { smsc, clock } = world;
    const roll = dice(20_261_121);
    const given: Reply[] = [];
    const next = (): Reply => (roll(3) === 0 ? (BAD[roll(BAD.length)] as Reply) : {});
    // Answers are drawn as they are asked for.
    smsc.replies.shift = () => {
      const reply = next();
      given.push(reply);
      return reply;
    };
    const texts = Array.from({ length: TEXTS }, () => world.text());
    const kinds = new Map<string, string>();
    const asking = Promise.all(
      texts.map(async (text) => {
        const tries = () => (roll(2) === 0 ? world : other).send(text);
        kinds.set(text.to, await untilKnown(tries, clock));
      }),
    );
    let isOver = false;
    void asking.then(() => {
      isOver = true;
    });
    const timePasses = () => {
      clock.advance(0.25);
      expect(isOver).toBe(true);
    };
    await vi.waitFor(timePasses, { timeout: 60_000, interval: 5 });
    smsc.replies.shift = Array.prototype.shift;

    const taken = new Map<string, number>();
    for (const [i, { destination_addr: to }] of smsc.submits.entries())
      if (counts(given[i] as Reply)) taken.set(`+${to}`, (taken.get(`+${to}`) ?? 0) + 1);
    // What was on its way when a connection was lost may have reached nobody.
    const right = { accepted: [1], refused: [0], unknown: [0, 1] } as Record<string, number[]>;
    const wrong = texts.filter(({ to }) => !right[kinds.get(to) ?? ""]?.includes(taken.get(to) ?? 0));
    expect(wrong).toEqual([]);
    expect(new Set(kinds.values())).toEqual(new Set(["accepted", "refused", "unknown"]));
    expect(smsc.submits.length).toBeGreaterThan(TEXTS);
    expect(smsc.binds.length).toBeGreaterThan(2);
  });
});
