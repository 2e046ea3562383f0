import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wallet } from "../x402/payer.ts";
import { KEY, ledgerBalance, openTill, type Signing, type Till } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till?.world.close());

const HASH = `0x${"77".repeat(32)}` as const;

/** Sends a top-up whose payment nobody has seen on the chain when the request has waited long enough. */
async function slowly(signing: Signing) {
  Object.assign(till.facilitator, { carries: false, says: { ok: true, txHash: HASH } });
  let isDone = false;
  const sent = till.send(signing).finally(() => {
    isDone = true;
  });
  // No faster than this: on a busy machine the payment would be over before anybody had looked at it.
  const passed = () => {
    till.world.clock.advance(1);
    return isDone;
  };
  await expect.poll(passed, { interval: 20, timeout: 15_000 }).toBe(true);
  Object.assign(till.facilitator, { carries: true, says: undefined });
  return sent;
}

describe("202: a top-up whose payment takes its time", () => {
  it("tells the key to its first sender, which is good once the payment has arrived", async () => {
    const payer = wallet();
    const signing = await till.signTopUp({ payer, validForSec: 800 });
    const { status, body } = await slowly(signing);
    expect([status, body.status]).toEqual([202, "settling"]);
    expect(body.api_key).toMatch(KEY);
    const balance = () => till.world.ask("/api/v1/balance", { headers: { "X-API-Key": body.api_key } });
    expect((await balance()).status).toBe(401);
    const page = await till.world.ask(`/api/v1/orders/${body.order_id}`);
    expect(page.text).not.toContain("tpk_");

    const { from, nonce } = signing.signed.authorization;
    till.world.indexed.addSettlement({ payer: from, nonce, amount: 5_000_000n, txHash: HASH });
    await expect
      .poll(
        async () => {
          till.world.clock.advance(1);
          return (await balance()).body;
        },
        { interval: 20, timeout: 20_000 },
      )
      .toMatchObject({ balance_usd: 5 });
    expect(await ledgerBalance(till, payer)).toBe(5_000_000n);
    const again = await till.send(signing);
    expect([again.status, again.body.withheld]).toEqual([200, ["api_key"]]);
  });

  it("tells it to nobody who comes after", async () => {
    const signing = await till.signTopUp({ validForSec: 800 });
    await slowly(signing);
    const copy = await slowly(signing);
    expect(copy.status).toBe(202);
    expect(copy.text).not.toContain("tpk_");
  });
});
