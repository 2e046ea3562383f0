import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { askCosts } from "../../../api/providers/phone/ask-costs.ts";
import { createPhoneWorld, type PhoneWorld } from "../phone/phone-world.ts";

const worlds: PhoneWorld[] = [];
afterAll(() => Promise.all(worlds.map((world) => world.close())));

const TO = "+447700900001";
let world: PhoneWorld;
let asked: string[];
let tell: (reference: string) => Promise<bigint | undefined>;
beforeEach(async () => {
  world = await createPhoneWorld();
  worlds.push(world);
  asked = [];
  tell = async () => undefined;
});

/** A carrier that tells costs when it is asked. */
const telling = () => ({
  ...world.deps,
  phone: {
    ...world.deps.phone,
    costOf: (reference: string) => {
      asked.push(reference);
      return tell(reference);
    },
  },
});

async function sent() {
  const sale = world.sale("sms.send", telling());
  const order = world.order(sale, { to: TO, text: "x" });
  await sale.fulfil(order);
  // The sandbox tells costs at once: what it told is taken back.
  await world.pool.query("delete from app.carrier_cost");
  return order.id;
}

const known = async () => (await world.pool.query("select reference, cost_micro_usd from app.carrier_cost")).rows;
const round = async (sec: number) => {
  world.clock.advance(sec);
  await askCosts(telling());
};

describe("what a text cost", () => {
  it("is asked for a minute later, and then no more", async () => {
    const reference = await sent();
    tell = async () => 7_900n;
    await round(59);
    expect(asked).toEqual([]);
    await round(1);
    await round(3_600);
    expect([asked, await known()]).toEqual([[reference], [{ reference, cost_micro_usd: "7900" }]]);
  });

  it("is asked for later and later while it is not told, also where the carrier cannot be asked, and is given up", async () => {
    await sent();
    const at: number[] = [];
    const begun = world.clock.nowSec;
    tell = async () => {
      at.push(world.clock.nowSec - begun);
      if (at.length % 2) throw new Error("away");
      return undefined;
    };
    for (let minute = 0; minute < 8 * 24 * 60; minute += 10) await round(600);
    const gaps = at.slice(1).map((each, i) => each - (at[i] as number));
    expect(gaps.slice(0, 6)).toEqual([600, 600, 600, 1_200, 2_400, 4_200]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(6 * 3600);
    expect(at.at(-1)).toBeLessThanOrEqual(7 * 24 * 3600);
    const { rows } = await world.pool.query("select cost_due_at from app.carrier_call");
    expect(rows).toEqual([{ cost_due_at: null }]);
  });

  it("is asked for once, by one of several processes", async () => {
    await sent();
    tell = async () => 7_900n;
    world.clock.advance(60);
    await Promise.all([askCosts(telling()), askCosts(telling()), askCosts(telling())]);
    expect(asked).toHaveLength(1);
  });

  it("is not asked for where it was told, nor where nothing was sent", async () => {
    const sale = world.sale("sms.send", telling());
    await world.fault({ place: "send", kind: "refused", target: TO } as never);
    await sale.fulfil(world.order(sale, { to: TO, text: "x" })).catch(() => {});
    const reference = await sent();
    const told = [reference, "twilio", 1, new Date()];
    await world.pool.query(
      "insert into app.carrier_cost (reference, carrier, cost_micro_usd, told_at) values ($1, $2, $3, $4)",
      told,
    );
    await round(60);
    const { rows } = await world.pool.query("select from app.carrier_call where cost_due_at is not null");
    expect([asked, rows]).toEqual([[], []]);
  });
});
