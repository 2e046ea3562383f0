import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../world.ts";
import { openTill, type Till } from "../top-up/till.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { GREETING } from "../x402/sales.ts";
import { KEYS } from "./desk.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till?.world.close());

/** A wallet with $1000 in its account, and who brought a payment of $5 of the same wallet here. */
async function ownerAndCarrier() {
  const payer = wallet();
  const signedIn = await signedInAs(till.world, payer);
  const owner = await till.topUp({ payer, body: { amount_usd: 1000 } }, { headers: signedIn });
  const carrier = await till.topUp({ payer });
  const ask = (answer: Answer) => {
    const headers = { "X-API-Key": answer.body.api_key as string };
    return {
      get: (path: string) => till.world.ask(path, { headers }),
      buy: (name: string, more: Record<string, string> = {}) =>
        till.world.ask(GREETING, {
          method: "POST",
          headers: { ...headers, ...more, "Content-Type": "application/json" },
          body: JSON.stringify({ name }),
        }),
    };
  };
  return { owner: ask(owner), carrier: ask(carrier), carrierId: carrier.body.key_id as string };
}

describe("a key that was given for a payment alone", () => {
  it("is told of what it can spend, and not of what its payer has besides", async () => {
    const { owner, carrier } = await ownerAndCarrier();
    expect((await owner.get("/api/v1/balance")).body).toMatchObject({ balance_usd: 1005 });
    const told = await carrier.get("/api/v1/balance");
    expect(told.body).toMatchObject({ balance_usd: 5, balance_micro_usd: "5000000", credits: [] });
    await carrier.buy("ada");
    expect((await carrier.get("/api/v1/balance")).body).toMatchObject({ balance_usd: 4.95 });
    expect((await owner.get("/api/v1/balance")).body).toMatchObject({ balance_usd: 1004.95 });
  });

  it("reads its own movements alone", async () => {
    const { owner, carrier } = await ownerAndCarrier();
    await owner.buy("ada");
    await carrier.buy("bob");
    const amounts = async ({ get }: typeof owner) => {
      const { transactions, total } = (await get("/api/v1/transactions")).body;
      return [total, ...transactions.map(({ amount_usd }: { amount_usd: number }) => amount_usd)];
    };
    expect(await amounts(carrier)).toEqual([2, -0.05, 5]);
    expect(await amounts(owner)).toEqual([4, -0.05, -0.05, 5, 1000]);
  });

  it("reads its own orders alone, while a key to the whole account reads all", async () => {
    const { owner, carrier } = await ownerAndCarrier();
    await owner.buy("ada");
    await carrier.buy("bob");
    const orderIds = (await owner.get("/api/v1/transactions")).body.transactions
      .slice(0, 2)
      .map(({ order_id }: { order_id: string }) => `/api/v1/orders/${order_id}`);
    const [bobs, adas] = orderIds as [string, string];
    expect([(await owner.get(bobs)).status, (await owner.get(adas)).status]).toEqual([200, 200]);
    expect([(await carrier.get(bobs)).status, (await carrier.get(adas)).status]).toEqual([200, 404]);
    expect((await carrier.get(KEYS)).body.error).toBe("key_may_not");
  });

  it("hears nothing of what was bought under a name that it guessed; a key to the whole account does", async () => {
    const { owner, carrier } = await ownerAndCarrier();
    const named = { "Idempotency-Key": "order-1" };
    const bought = await owner.buy("ada", named);
    const guessed = await carrier.buy("ada", named);
    expect([guessed.status, guessed.body.error, guessed.body.details]).toEqual([
      409,
      "idempotency_conflict",
      undefined,
    ]);
    const own = { "Idempotency-Key": "order-2" };
    const mine = await carrier.buy("ada", own);
    for (const again of [await carrier.buy("ada", own), await owner.buy("ada", own)])
      expect([again.status, again.text, again.headers.get("idempotent-replayed")]).toEqual([200, mine.text, "true"]);
    expect((await owner.buy("ada", named)).text).toBe(bought.text);
  });

  it("spends what was paid for it to the last cent, and no more", async () => {
    const { carrier, owner, carrierId } = await ownerAndCarrier();
    const answers = [];
    for (let i = 0; i < 101; i++) answers.push(await carrier.buy(`no ${i}`));
    const last = answers.pop();
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect([last?.status, last?.body.error]).toEqual([403, "key_cap_reached"]);
    expect((await owner.get(KEYS)).body.keys).toContainEqual(
      expect.objectContaining({ key_id: carrierId, cap_usd: 5, spent_usd: 5 }),
    );
    expect((await owner.get("/api/v1/balance")).body.balance_usd).toBe(1000);
  });
});
