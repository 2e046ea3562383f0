import { describe, expect, it } from "vitest";
import { startOtpSupplier } from "../../../dev/otp-supplier/server.ts";
import { createDice, type Dice } from "../bad-requests/dice.ts";
import { TestClock } from "../support/test-clock.ts";
import { openAt } from "./counter.ts";

const FUNDS = 3_000_000n;
const SERVICES = ["discord", "fern-books", "juniper-parcels", "cedar-market"] as const;
const PLANS = ["now", "never", "late", 30, 1_200, 1_201] as const;
const HOWS = ["reset", "500", "empty", "half", "word"] as const;

type Played = Awaited<ReturnType<typeof play>>;

/** What it sells, cancels, times out and delivers by chance, faults and all, never by more than its customer's money. */
describe.each([1, 2, 3, 4])("the sandbox supplier's books (dice %d)", (seed) => {
  it("balance after every step", async () => {
    const played = await play(createDice(seed), 400);
    for (const { balance, taken } of played.sums) expect(balance).toBe(FUNDS - taken);
    expect(played.sums.every(({ balance }) => balance >= 0n)).toBe(true);
    expect(kinds(played)).toEqual(["cancelled", "expired", "finished"]);
  });
});

const kinds = ({ states }: Played) => [...new Set(states)].sort();

async function play(dice: Dice, steps: number) {
  const clock = new TestClock();
  const supplier = await startOtpSupplier({ clock, key: "SECRET-supplier-key", balanceMicroUsd: FUNDS });
  const { otp } = await openAt(supplier.url, clock);
  const sums: { balance: bigint; taken: bigint }[] = [];
  /** A late one as a rule, and now and then one that is not there. */
  const anyId = () => String(100_000 + Math.max(1, supplier.activations().length + 1 - dice.roll(8)));
  const askAgain = (id: string) => `${supplier.url}?api_key=SECRET-supplier-key&action=setStatus&status=3&id=${id}`;
  const moves: (() => Promise<unknown>)[] = [
    () => otp.buy({ service: dice.pick(SERVICES), country: "id", maxCostMicroUsd: 10_000_000n }),
    () => Promise.all([otp.cancel(anyId()), otp.cancel(anyId()), otp.status(anyId())]),
    () => otp.finish(anyId()),
    // Faults that were ordered hit this, too.
    () => fetch(askAgain(anyId())).catch(() => undefined),
    async () => clock.advance(dice.pick([1, 20, 120, 400])),
    async () => supplier.order({ code: dice.pick(PLANS) }),
    async () => supplier.order({ fault: { action: "getNumber", how: dice.pick(HOWS), done: dice.once(2), word: "?" } }),
    async () => supplier.order({ fault: { action: "setStatus", how: dice.pick(HOWS), done: dice.once(2), word: "?" } }),
    async () => {
      const [one] = supplier.activations().slice(-1 - dice.roll(5));
      if (one) supplier.deliver(one.id, `code ${dice.roll(1e6)}`);
    },
  ];
  const look = () => {
    const kept = supplier.activations().filter(({ state }) => state !== "cancelled" && state !== "expired");
    const taken = kept.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0n);
    sums.push({ balance: supplier.balanceMicroUsd(), taken });
  };
  for (let step = 0; step < steps; step++) {
    await dice.pick(moves)();
    look();
  }
  clock.advance(1_200);
  look();
  const states = supplier.activations().map(({ state }) => state);
  await otp.close();
  await supplier.close();
  return { sums, states };
}
