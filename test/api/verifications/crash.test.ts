import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError } from "../../../api/errors.ts";
import { lookupSale } from "../../../api/products/lookup/lookup.ts";
import { startSale } from "../../../api/products/verifications/start.ts";
import { guess } from "../../../api/products/verifications/verification.ts";
import type { FaultKind } from "../../../api/providers/phone/sandbox/faults.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import type { JsonObject, Order, Sale } from "../../../api/sale.ts";
import { type Death, mortal } from "../phone/mortal.ts";
import { createPhoneWorld, type PhoneWorld } from "../phone/phone-world.ts";
import { codesAt } from "./codes-at.ts";

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

const secretsKey = Buffer.alloc(32, 7);
const deps = () => ({ ...world.deps, secretsKey });

/** Kills at every step in turn, before and after it, until one got to its end. Returns how many died. */
async function dieEverywhere(attempt: (death: Death) => Promise<{ lived: boolean }>): Promise<number> {
  for (let step = 1; step < 100; step++)
    for (const when of ["before", "after"] as const) if ((await attempt({ step, when })).lived) return 2 * (step - 1);
  throw new Error("it has no end");
}

/** A way to pay that starts over until it knows: the answer, or why there is none. */
async function finish(sale: Sale, order: Order): Promise<JsonObject | ApiError> {
  for (;;) {
    const ended = await sale.fulfil(order).catch((error: Error & { retryAfterSec?: number }) => {
      if (error instanceof ApiError) return error;
      if (error.name !== "NotYet") throw error;
      world.clock.advance(error.retryAfterSec ?? 1);
      return undefined;
    });
    if (ended) return ended;
  }
}

let numbers = 0;

describe("a process that is killed while it starts a verification", () => {
  it.each<[FaultKind | undefined]>([[undefined], ["silent_before"], ["silent_after"]])(
    "has sent one text, with the code that is taken: %s",
    async (fault) => {
      const killed = await dieEverywhere(async (death) => {
        const to = `+44770091${1000 + ++numbers}`;
        const { deps: doomed, lived } = mortal(deps(), death);
        const order = world.order(startSale(deps()), { to });
        if (fault) await world.fault({ place: "send", kind: fault, target: order.id } as never);
        await startSale(doomed)
          .fulfil(order)
          .catch((error: Error) => expect(error.name).toBe("NotYet"));
        const answer = (await finish(startSale(deps()), order)) as JsonObject;
        expect(await finish(startSale(deps()), order)).toEqual(answer);
        const [code = "", ...more] = await codesAt(world.pool, to);
        expect(more).toEqual([]);
        const taken = await guess(deps(), { verificationId: String(answer.verificationId), code });
        expect(taken?.approvedAt).toEqual(expect.any(Date));
        await world.pool.query("delete from carrier.fault");
        return { lived: lived() };
      });
      expect(killed).toBeGreaterThan(10);
    },
  );

  it("credits the payer when SECRETS_KEY is another since: the text can be neither found nor sent again", async () => {
    const to = "+447700900777";
    const order = world.order(startSale(deps()), { to });
    await world.fault({ place: "send", kind: "silent_after", target: order.id });
    const first = await startSale(deps())
      .fulfil(order)
      .catch((error: Error) => error);
    expect(first).toMatchObject({ name: "NotYet" });
    const other = startSale({ ...deps(), secretsKey: Buffer.alloc(32, 8) });
    expect(await finish(other, order)).toMatchObject({ code: "provider_failed", details: { reason: "code_lost" } });
    expect(await world.carried(to)).toBe(1);
  });
});

describe("a payment for a verification that the chain loses", () => {
  it("ends it", async () => {
    const sale = startSale(deps());
    const order = world.order(sale, { to: "+447700900778" });
    const { verificationId } = await sale.fulfil(order);
    await sale.revoke?.(order);
    const [code = ""] = await codesAt(world.pool, "+447700900778");
    expect(await guess(deps(), { verificationId: String(verificationId), code })).toBeUndefined();
  });
});

describe("a process that is killed while it looks a number up", () => {
  it("has cost the carrier's fee once, and ends with the facts or a credit", async () => {
    const ends: string[] = [];
    await dieEverywhere(async (death) => {
      let fees = 0;
      const { deps: doomed, lived } = mortal(world.deps, death);
      const counting = (given: PhoneProvider) => ({
        ...given,
        lookUp: async (phoneNumber: string) => {
          fees++;
          return (world.deps.phone as Required<PhoneProvider>).lookUp(phoneNumber);
        },
      });
      const sale = lookupSale({ ...world.deps, phone: counting(world.deps.phone) });
      const order = world.order(sale, { phoneNumber: "+447700900123" });
      await lookupSale({ ...doomed, phone: counting(doomed.phone) })
        .fulfil(order)
        .catch((error: Error) => expect(error.name).toBe("NotYet"));
      const end = await finish(sale, order);
      expect(await finish(sale, order)).toEqual(end);
      expect(fees).toBeLessThanOrEqual(1);
      if (!(end instanceof ApiError)) expect([fees, end.lineType]).toEqual([1, "mobile"]);
      ends.push(end instanceof ApiError ? end.code : "facts");
      return { lived: lived() };
    });
    expect(new Set(ends)).toEqual(new Set(["facts", "provider_failed"]));
  });
});
