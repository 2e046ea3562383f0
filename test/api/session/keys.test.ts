import { randomBytes } from "node:crypto";
import { getAddress, type Hex } from "viem";
import { describe, expect, it } from "vitest";
import { createSalts } from "../../../api/payments/session/salts.ts";
import { readSessionId, sessionKeys } from "../../../api/payments/session/session-id.ts";
import type { Terms } from "../../../api/payments/session/terms.ts";
import { paymentIdOf, paymentIdsOf } from "../../../contracts/payment-id.ts";
import { createWorld, MERCHANT, NATIVE } from "../../world.ts";

const terms: Terms = {
  apiId: "6d3f2c9a-27a5-4dcb-8a53-d0c8d1d5b6a1",
  version: 3,
  name: undefined,
  description: undefined,
  merchant: MERCHANT,
  token: NATIVE,
  amountWei: 5n,
  validForSec: 60,
  permit: undefined,
  createdAtSec: 0,
};
const stamp = "69c523449f890d32947ba300";

describe("a session id", () => {
  const [one, two] = [randomBytes(32), randomBytes(32)];
  const id = sessionKeys([one]).idOf(stamp, { terms, feeBps: 100 });
  const presented = readSessionId(id) ?? expect.unreachable();

  it("is zero, expiry, salt and MAC", () => {
    expect(id).toMatch(new RegExp(`^00000000${stamp}[0-9a-f]{32}$`));
    expect(presented).toEqual({ id, stamp, mac: id.slice(32), expirySec: 0x69c52344 });
  });

  it("is vouched for by the key that made it, as current and as previous", () => {
    const issue = { terms, feeBps: 100 };
    expect(sessionKeys([one]).vouchesFor(presented, issue)).toBe(true);
    expect(sessionKeys([two, one]).vouchesFor(presented, issue)).toBe(true);
    expect(sessionKeys([two]).vouchesFor(presented, issue)).toBe(false);
  });

  it.each([
    ["another API", { terms: { ...terms, apiId: "other" }, feeBps: 100 }],
    ["another version", { terms: { ...terms, version: 4 }, feeBps: 100 }],
    ["another fee", { terms, feeBps: 101 }],
  ])("is not vouched for with %s", (_, issue) => {
    expect(sessionKeys([one]).vouchesFor(presented, issue)).toBe(false);
  });

  it("needs a key", () => {
    expect(() => sessionKeys([])).toThrow("SESSION_KEYS");
  });
});

describe("salts", () => {
  it("count 256 times in one random word, then take another", () => {
    const salts = createSalts();
    const drawn = Array.from({ length: 600 }, () => salts.next());
    expect(new Set(drawn).size).toBe(600);
    const words = drawn.map((salt) => salt.slice(0, 14));
    expect(new Set(words).size).toBe(3);
    expect(new Set(words.slice(0, 256)).size).toBe(1);
    expect(drawn.slice(0, 256).map((salt) => Number.parseInt(salt.slice(14), 16))).toEqual([...Array(256).keys()]);
  });

  it("know which word was paid", () => {
    const salts = createSalts();
    const [first, second] = [salts.next(), salts.next()];
    expect(salts.isWarm(second)).toBe(false);
    salts.paid(first);
    expect(salts.isWarm(second)).toBe(true);
    for (let used = 0; used < 256; used++) salts.next();
    expect(salts.isWarm(salts.next())).toBe(false);
  });

  it("are not impressed by a payment in a word of another process", () => {
    const salts = createSalts();
    const mine = salts.next();
    salts.paid("ffffffffffffff00");
    expect(salts.isWarm(mine)).toBe(false);
  });
});

describe("payment ids packed once", () => {
  it("equal the one-off computation over random terms", () => {
    const random = (bytes: number): Hex => `0x${randomBytes(bytes).toString("hex")}`;
    for (let run = 0; run < 500; run++) {
      const fixed = {
        chainId: Number(random(3)),
        gateway: getAddress(random(20)),
        merchant: getAddress(random(20)),
        token: getAddress(random(20)),
        amount: BigInt(random(1 + (run % 32))),
        feeBps: run % 1_001,
      };
      const [expiry, salt] = [random(4), random(8)];
      const expected = paymentIdOf({ ...fixed, expiry: Number(expiry), salt: BigInt(salt) });
      expect(`0x${paymentIdsOf(fixed)(expiry.slice(2) + salt.slice(2))}`).toBe(expected);
    }
  });
});

describe("key rotation in a running shop", () => {
  it("keeps quotes and sessions of the previous key, and of a retired one the sessions that were unlocked", async () => {
    const [older, newer, newest] = ["11", "22", "33"].map((byte) => byte.repeat(32));
    const world = await createWorld({ SESSION_KEYS: `${older}` });
    try {
      const apiId = await world.sell();
      const quote = (await world.ask(`/api/${apiId}`)).body.data;
      const rotated = await world.sibling({ SESSION_KEYS: `${newer},${older}` });
      const poll = await rotated.ask(`/api/${apiId}`, { session: quote.session_id });
      expect(poll.body.data.session_id).toBe(quote.session_id);
      world.pay(quote);
      expect((await rotated.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(200);
      const unlooked = await world.bought(apiId);
      const retired = await world.sibling({ SESSION_KEYS: `${newest},${newer}` });
      expect((await retired.ask(`/api/${apiId}`, { session: unlooked })).body.code).toBe("payment_required");
      expect((await retired.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(200);
      const other = await world.sell();
      expect((await retired.ask(`/api/${other}`, { session: quote.session_id })).status).toBe(402);
      world.clock.advance(300);
      const over = await retired.ask(`/api/${apiId}`, { session: quote.session_id });
      expect([over.body.code, over.body.meta.previous_session]).toEqual(["session_expired", quote.session_id]);
    } finally {
      await world.close();
    }
  });
});
