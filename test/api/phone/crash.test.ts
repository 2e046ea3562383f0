import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expireLeases } from "../../../api/products/numbers/give-back.ts";
import { finishIncludedTexts } from "../../../api/products/numbers/send.ts";
import type { FaultKind } from "../../../api/providers/phone/sandbox/faults.ts";
import type { Call, JsonObject, Order } from "../../../api/sale.ts";
import { type Death, mortal } from "./mortal.ts";
import { createPhoneWorld, DAY, type PhoneWorld } from "./phone-world.ts";

let world: PhoneWorld;
let line: string;
let bearer: string;
beforeAll(async () => {
  world = await createPhoneWorld();
  line = await world.line();
  bearer = await world.signIn();
});
afterAll(() => world?.close());

/** Kills at every step in turn, before and after it, until one got to its end. Returns how many died. */
async function dieEverywhere(attempt: (death: Death) => Promise<{ lived: boolean }>): Promise<number> {
  for (let step = 1; step < 100; step++)
    for (const when of ["before", "after"] as const) if ((await attempt({ step, when })).lived) return 2 * (step - 1);
  throw new Error("it has no end");
}

/** A way to pay that starts over until it knows. */
async function finish(saleId: string, order: Order): Promise<JsonObject> {
  for (;;) {
    const ended = await world
      .sale(saleId)
      .fulfil(order)
      .catch((error: Error & { retryAfterSec?: number }) => {
        if (error.name !== "NotYet") throw error;
        world.clock.advance(error.retryAfterSec ?? 1);
      });
    if (ended) return ended;
  }
}

const effects = async (reference: string): Promise<number> => {
  const { rows } = await world.pool.query(
    `select (select count(*) from carrier.message where reference = $1)
          + (select count(*) from carrier.purchase where reference = $1) as n`,
    [reference],
  );
  return Number(rows[0].n);
};

type Killed = { saleId: string; input: () => JsonObject; fault?: FaultKind; deaths: number };

describe("a process that is killed at any step of fulfil", () => {
  it.each<Killed>([
    { saleId: "numbers.buy.us", input: () => ({ country: "US" }), deaths: 8 },
    { saleId: "numbers.buy.us", input: () => ({ country: "US" }), fault: "silent_after", deaths: 6 },
    { saleId: "sms.send", input: () => ({ to: "+447700900001", text: "x" }), deaths: 12 },
    { saleId: "sms.send", input: () => ({ to: "+447700900001", text: "x" }), fault: "silent_before", deaths: 10 },
    { saleId: "sms.send", input: () => ({ to: "+447700900001", text: "x" }), fault: "silent_after", deaths: 10 },
    { saleId: "numbers.mine.send", input: () => ({ line, to: "+447700900001", text: "x" }), deaths: 12 },
  ])("has its effect once: $saleId, $fault", async ({ saleId, input, fault, deaths }) => {
    const count = await dieEverywhere(async (death) => {
      const { deps, lived } = mortal(world.deps, death);
      const order = world.order(world.sale(saleId), input());
      const place = saleId.startsWith("numbers.buy") ? "buy" : "send";
      if (fault) await world.fault({ place, kind: fault, target: order.id } as never);
      const first = await world
        .sale(saleId, deps)
        .fulfil(order)
        .catch((error: Error) => error);
      if (first instanceof Error) expect(first).toMatchObject({ name: "NotYet" });
      const answer = await finish(saleId, order);
      expect(await effects(order.id)).toBe(1);
      expect(await finish(saleId, order)).toEqual(answer);
      await world.pool.query("delete from carrier.fault");
      return { lived: lived() };
    });
    expect(count).toBe(deaths);
  });

  it("renews once", async () => {
    const { rows } = await world.pool.query("select lease_id from app.lease where phone_number = $1", [line]);
    const textsLeft = async () =>
      (await world.pool.query("select included_texts_left as n from app.lease where phone_number = $1", [line])).rows[0]
        .n;
    await dieEverywhere(async (death) => {
      const before = await textsLeft();
      const { deps, lived } = mortal(world.deps, death);
      const order = world.order(world.sale("numbers.mine.renew"), { leaseId: rows[0].lease_id });
      await world
        .sale("numbers.mine.renew", deps)
        .fulfil(order)
        .catch(() => {});
      await finish("numbers.mine.renew", order);
      expect(await textsLeft()).toBe(before + 5_000);
      return { lived: lived() };
    });
  });
});

describe("a process that is killed while it sends an included text", () => {
  it("has used it up if and only if it is sent, once", async () => {
    bearer = await world.signIn();
    let sent = 0;
    const killed = await dieEverywhere(async (death) => {
      const to = `+4477009${10_000 + sent}`;
      sent++;
      await world.pool.query("update app.lease set included_texts_left = 5 where phone_number = $1", [line]);
      const { deps, lived } = mortal(world.deps, death);
      const call: Call = world.call({ phoneNumber: line, to, message: "x" }, bearer);
      await world
        .sale("numbers.mine.send", deps)
        .covered?.(call)
        .catch(() => {});
      world.clock.advance(10);
      await finishIncludedTexts(world.deps);
      const { rows } = await world.pool.query(
        "select included_texts_left as n from app.lease where phone_number = $1",
        [line],
      );
      expect(rows[0].n).toBe(5 - (await world.carried(to)));
      return { lived: lived() };
    });
    expect(killed).toBeGreaterThan(12);
  });
});

describe("a process that is killed while it gives a line back", () => {
  it("leaves that to the next", async () => {
    await dieEverywhere(async (death) => {
      const phoneNumber = await world.line();
      world.clock.advance(37 * DAY);
      const { deps, lived } = mortal(world.deps, death);
      await expireLeases(deps).catch(() => {});
      await expireLeases(world.deps);
      const { rows } = await world.pool.query("select held_by from carrier.number where phone_number = $1", [
        phoneNumber,
      ]);
      expect(rows).toEqual([{ held_by: null }]);
      return { lived: lived() };
    });
  });
});
