import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyWith } from "../balance/key.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { copies, ledgerBalance, openTill, type Till } from "./till.ts";

const CREDITS = "/api/v1/credits/top-up";

let till: Till;
beforeAll(async () => {
  till = await openTill({ PHONE_CARRIER: "sandbox" });
});
afterAll(() => till?.world.close());

const signed = (payer = wallet()) => till.sign({ payer }, CREDITS);
type Paying = Awaited<ReturnType<typeof signed>>;
const send = (paying: Paying, headers = {}, at = till.world) =>
  till.pay(paying, { path: CREDITS, body: {}, headers, at });
const settled = () => till.facilitator.taken.size;

const bought = (address: string, balanceUsd: number) => ({
  success: true,
  credits: 100,
  creditPriceUsd: 0.05,
  balanceUsd,
  balanceCredits: balanceUsd * 20,
  address: address.toLowerCase(),
  network: "eip155:8453",
  orderId: expect.stringMatching(/^[0-9a-f-]{36}$/),
});

describe("POST /api/v1/credits/top-up", () => {
  it("402 says $5, also to who has a balance: money is not turned into itself", async () => {
    const key = await keyWith(till.world, { microUsd: 10_000_000n });
    for (const headers of [{}, await signedInAs(till.world, wallet()), key.headers]) {
      const { status, body } = await till.world.ask(CREDITS, { method: "POST", headers });
      expect([status, body.accepts[0].maxAmountRequired]).toEqual([402, "5000000"]);
    }
  });

  it("401 without a sign-in, and nothing is charged", async () => {
    const before = settled();
    const { status, body } = await send(await signed());
    expect([status, body.error, settled()]).toEqual([401, "unauthorized", before]);
  });

  it("403 for another wallet's sign-in: a payment may have been signed for somebody who carries it here", async () => {
    const before = settled();
    const { status, body } = await send(await signed(), await signedInAs(till.world, wallet()));
    expect([status, body.error, settled()]).toEqual([403, "forbidden", before]);
  });

  it("200: a hundred credits, which are balance and pay for texts", async () => {
    const payer = wallet();
    const headers = await signedInAs(till.world, payer);
    const { status, body } = await send(await signed(payer), headers);
    expect([status, body]).toEqual([200, bought(payer.address, 5)]);
    expect((await send(await signed(payer), headers)).body).toEqual(bought(payer.address, 10));
    const key = await keyWith(till.world, { microUsd: 0n, of: payer.address });
    const text = { to: "+12125550123", message: "Hello" };
    const how = { method: "POST", body: JSON.stringify(text), headers: { ...headers, ...key.headers } };
    expect((await till.world.ask("/api/v1/sms/send", how)).status).toBe(200);
    expect((await till.balanceOf(payer)).body.balance_usd).toBe(9.95);
    const { body: told } = await till.world.ask("/api/v1/transactions", { headers });
    expect(told.transactions.map(({ item }: { item: string }) => item)).toContain("credits.topup");
  });

  it("credits once for all copies of a payment, and tells the balance to its owner", async () => {
    const payer = wallet();
    const headers = await signedInAs(till.world, payer);
    const sibling = await till.world.sibling();
    const paying = await signed(payer);
    const asked = Array.from({ length: 10 }, (_, i) => send(paying, headers, i % 2 ? sibling : till.world));
    for (const { status, body } of await copies(till, asked))
      expect([status, body]).toEqual([200, bought(payer.address, 5)]);
    till.world.clock.advance(120);
    const { orderId: _, ...told } = (await send(paying)).body;
    expect(told).toMatchObject({ credits: 100, withheld: ["balanceUsd", "balanceCredits"] });
    expect(told).not.toHaveProperty("balanceUsd");
    expect((await send(paying, headers)).body).toEqual(bought(payer.address, 5));
    expect(await ledgerBalance(till, payer)).toBe(5_000_000n);
  });

  it("takes the word of a key that may manage for its wallet, and of no other", async () => {
    const payer = wallet();
    const [key, capped] = [
      await keyWith(till.world, { microUsd: 0n, of: payer.address }),
      await keyWith(till.world, { microUsd: 0n, of: payer.address, capMicroUsd: 1n }),
    ];
    expect((await send(await signed(payer), capped.headers)).body.error).toBe("key_may_not");
    expect((await send(await signed(payer), key.headers)).body).toEqual(bought(payer.address, 5));
    expect(await key.balance()).toBe(5_000_000n);
  });

  it("credits what was settled, although the facilitator's answer was lost on the way", async () => {
    const payer = wallet();
    const headers = await signedInAs(till.world, payer);
    till.facilitator.says = new Error("reset");
    const { body } = await send(await signed(payer), headers);
    till.facilitator.says = undefined;
    expect(body).toEqual(bought(payer.address, 5));
    expect(await ledgerBalance(till, payer)).toBe(5_000_000n);
  });
});
