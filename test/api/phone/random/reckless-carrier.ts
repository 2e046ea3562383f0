import type {
  Absent,
  Accepted,
  Bought,
  CarrierEvent,
  PhoneProvider,
  Refused,
  Unknown,
} from "../../../../api/providers/phone.ts";
import type { Dice } from "../../bad-requests/dice.ts";
import type { TestClock } from "../../support/test-clock.ts";

export type RecklessCarrier = PhoneProvider & {
  /** How often each reference had its effect: nothing here keeps a second one from happening. */
  readonly effects: ReadonlyMap<string, number>;
  /** Numbers that we hold there, by the reference of their purchase. */
  readonly numbers: ReadonlyMap<string, string>;
  /** How often each thing went wrong. */
  readonly mishaps: ReadonlyMap<Mishap, number>;
};

const MISHAPS = ["refused", "lost", "silent", "torn", "thrown", "late", "early receipt"] as const;
type Mishap = (typeof MISHAPS)[number];
type Done = Accepted | Bought;

const ANSWERS_WITHIN_SEC = 5;

/**
 * A carrier without names of ours, as most are: asked twice, it does it twice. `isHasty` makes its look-ups say that
 * nothing was done while it still may be.
 */
export function createRecklessCarrier(clock: TestClock, dice: Dice, { isHasty = false } = {}): RecklessCarrier {
  const effects = new Map<string, number>();
  const numbers = new Map<string, string>();
  const mishaps = new Map<Mishap, number>();
  const underWay: { dueMs: number; have: () => Done }[] = [];
  let news: CarrierEvent[] = [];
  let made = 0;

  const tell = (reference: string, status: "sent" | "delivered") => {
    const event = { kind: "receipt", reference, status, at: new Date(clock.nowMs()) } as const;
    for (let copies = dice.once(5) ? 2 : 1; copies > 0; copies--) news.push({ ...event, id: String(++made) });
  };
  const takePlace = () => {
    for (const each of underWay.filter(({ dueMs }) => dueMs <= clock.nowMs())) {
      underWay.splice(underWay.indexOf(each), 1);
      each.have();
    }
  };
  const effectOf = (reference: string, done: () => Done) => () => {
    effects.set(reference, (effects.get(reference) ?? 0) + 1);
    return done();
  };
  /** How it goes wrong before it has its effect; undefined when it does not. */
  const hinder = (mishap: Mishap | undefined, have: () => Done): Refused | Unknown | undefined => {
    if (mishap === "thrown") throw new Error("no way to the carrier");
    if (mishap === "refused") return { kind: "refused", reason: "recipient_refused" };
    if (mishap === "late") underWay.push({ have, dueMs: clock.nowMs() + dice.roll(ANSWERS_WITHIN_SEC * 1000) });
    return mishap === "late" || mishap === "lost" ? { kind: "unknown" } : undefined;
  };
  const draw = (): Mishap | undefined => {
    if (dice.once(2)) return undefined;
    const mishap = dice.pick(MISHAPS);
    mishaps.set(mishap, (mishaps.get(mishap) ?? 0) + 1);
    return mishap;
  };
  const act = async (reference: string, have: () => Done): Promise<Done | Refused | Unknown> => {
    takePlace();
    const mishap = draw();
    const hindered = hinder(mishap, have);
    if (hindered) return hindered;
    const done = have();
    if (mishap === "torn") throw new Error("the answer broke off");
    if (mishap === "early receipt" && done.kind === "accepted") tell(reference, "delivered");
    return mishap === "silent" ? { kind: "unknown" } : done;
  };
  const find = async (reference: string, triedAt: Date): Promise<boolean | "unknown"> => {
    takePlace();
    if (dice.once(10)) throw new Error("no way to the carrier");
    if (dice.once(6)) return "unknown";
    if (effects.has(reference)) return true;
    const isSure = isHasty || clock.nowMs() - triedAt.getTime() >= ANSWERS_WITHIN_SEC * 1000;
    return isSure ? false : "unknown";
  };
  const absentOr = <T>(found: boolean | "unknown", done: T): T | Absent | Unknown =>
    found === true ? done : { kind: found === false ? "absent" : "unknown" };

  const buy = (reference: string) =>
    effectOf(reference, () => {
      numbers.set(reference, `+1212${String(++made).padStart(7, "0")}`);
      return bought(reference);
    });
  const bought = (reference: string): Bought => ({ kind: "bought", phoneNumber: String(numbers.get(reference)) });
  const send = (reference: string) =>
    effectOf(reference, () => {
      tell(reference, "delivered");
      tell(reference, "sent");
      return { kind: "accepted" };
    });

  return {
    name: "reckless",
    answersWithinSec: ANSWERS_WITHIN_SEC,
    effects,
    numbers,
    mishaps,
    stock: async () => 1,
    buyNumber: ({ reference }) => act(reference, buy(reference)) as Promise<Bought | Refused | Unknown>,
    sendMessage: ({ reference }) => act(reference, send(reference)) as Promise<Accepted | Refused | Unknown>,
    findPurchase: async (reference, triedAt) => absentOr(await find(reference, triedAt), bought(reference)),
    findMessage: async ({ reference }, triedAt) => absentOr(await find(reference, triedAt), { kind: "accepted" }),
    release: async ({ reference }) => void numbers.delete(reference),
    events: async () => {
      const told = news.slice(0, 100);
      return dice.once(3) ? told.reverse() : told;
    },
    acknowledge: async (ids) => {
      // Some are told once more.
      news = news.filter(({ id }) => !ids.includes(id) || dice.once(50));
    },
    health: async () => ({ problems: [], balanceMicroUsd: undefined, facts: {} }),
    close: async () => {},
  };
}
