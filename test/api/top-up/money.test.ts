import type { LocalAccount } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../world.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { GREETING } from "../x402/sales.ts";
import { copies, KEY, ledgerBalance, openTill, type Signing, type Till } from "./till.ts";

/** Whose address payments go to: a till may be tried out with its own money. */
const house = wallet();

let till: Till;
beforeAll(async () => {
  till = await openTill({ RECEIVER_ADDRESS: house.address });
});
afterAll(() => till?.world.close());

const spend = ({ body }: Answer) => {
  const headers = { "X-API-Key": String(body.api_key), "Content-Type": "application/json" };
  return till.world.ask(GREETING, { method: "POST", headers, body: JSON.stringify({ name: "ada" }) });
};

describe("the money of a top-up", () => {
  it("is the payer's balance, once, also when the payment comes again", async () => {
    const payer = wallet();
    const signing = await till.signTopUp({ payer, body: { amount_usd: 12.34 } });
    await copies(till, [till.send(signing), till.send(signing)]);
    await till.send(signing);
    expect(await ledgerBalance(till, payer)).toBe(12_340_000n);
  });

  it("is the balance of the account whose key came along", async () => {
    const [owner, friend] = [wallet(), wallet()];
    const first = await till.topUp({ payer: owner });
    await till.topUp({ payer: friend }, { headers: { "X-API-Key": first.body.api_key } });
    expect(await ledgerBalance(till, owner)).toBe(10_000_000n);
    expect(await ledgerBalance(till, friend)).toBe(0n);
  });

  it("pays for what is sold here", async () => {
    const payer = wallet();
    const topped = await till.topUp({ payer });
    expect((await spend(topped)).status).toBe(200);
    expect(await ledgerBalance(till, payer)).toBe(4_950_000n);
  });

  it("may be the receiver's own: who tries out his till pays himself", async () => {
    const topped = await till.topUp({ payer: house });
    expect([topped.status, topped.body.balance_usd]).toEqual([200, 5]);
    expect(topped.body.api_key).toMatch(KEY);
    expect(await ledgerBalance(till, house)).toBe(5_000_000n);
    expect((await spend(topped)).status).toBe(200);
  });

  it("that is another amount than was signed for is credited to the payer, and no key is given", async () => {
    const payer = wallet();
    const signing = await till.signTopUp({ payer });
    till.facilitator.carries = false;
    till.facilitator.says = { ok: true, txHash: `0x${"77".repeat(32)}` };
    const sent = till.send(signing);
    await expect.poll(() => till.world.clock.sleeping).toBeGreaterThan(0);
    const { from, nonce } = signing.signed.authorization;
    till.world.indexed.addSettlement({ payer: from, nonce, amount: 3_000_000n });
    const answer = await sent;
    Object.assign(till.facilitator, { carries: true, says: undefined });
    expect([answer.status, answer.body.error]).toEqual([502, "provider_failed"]);
    expect(await ledgerBalance(till, payer)).toBe(3_000_000n);
    expect((await keysOf(payer)).keys).toEqual([]);
  });
});

describe("a top-up whose payment a reorg took back for good", () => {
  it("leaves neither balance, nor a key that could spend what else is there", async () => {
    const payer = wallet();
    await till.topUp({ payer, body: { amount_usd: 100 } });
    const signing = await till.signTopUp({ payer, validForSec: 120 });
    const topped = await till.send(signing);
    await lost(signing, topped.body.order_id);
    expect(await ledgerBalance(till, payer)).toBe(100_000_000n);
    const spent = await spend(topped);
    expect([spent.status, spent.body.error]).toEqual([403, "key_cap_reached"]);
    const { keys } = await keysOf(payer);
    expect(keys.map(({ cap_usd }: { cap_usd: number }) => cap_usd).sort()).toEqual([0, 100]);
  });

  it("lowers the cap of the key that came along by as much, once", async () => {
    const payer = wallet();
    const first = await till.topUp({ payer });
    const signing = await till.signTopUp({ payer, validForSec: 120, body: { amount_usd: 20 } });
    const second = await till.send(signing, { headers: { "X-API-Key": first.body.api_key } });
    expect(second.body.cap_usd).toBe(25);
    await lost(signing, second.body.order_id);
    expect((await keysOf(payer)).keys).toMatchObject([{ cap_usd: 5 }]);
    expect(await ledgerBalance(till, payer)).toBe(5_000_000n);
    expect((await spend(first)).status).toBe(200);
  });
});

const keysOf = async (payer: LocalAccount) =>
  (await till.world.ask("/api/v1/keys", { headers: await signedInAs(till.world, payer) })).body;

/** The chain forgets the payment, and its authorization ends before anybody carries it there again. */
async function lost({ signed: { authorization } }: Signing, orderId: string): Promise<void> {
  const { from, nonce } = authorization;
  till.facilitator.carries = false;
  till.facilitator.taken.delete(`${from}|${nonce}`.toLowerCase());
  till.world.indexed.removeSettlement({ payer: from, nonce });
  await expect
    .poll(
      async () => {
        till.world.clock.advance(5);
        return (await till.world.ask(`/api/v1/orders/${orderId}`)).body;
      },
      { interval: 20, timeout: 20_000 },
    )
    .toMatchObject({ status: "revoked", is_final: true });
  till.facilitator.carries = true;
}
