import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { balanceOf, deposit, hold, openAccount, release } from "../../../api/ledger.ts";
import { type Desk, KEYS, type Owned, openDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk?.world.close());

/** A key, $10 on its account, and what spends with it. */
async function spender(wish: Record<string, unknown>) {
  const owned = await desk.make(wish);
  const { pool } = desk.world.server.deps.db;
  const { owner, body, signedIn } = owned;
  const accountId = await openAccount(pool, { address: owner.address, chainId: 8453 });
  const at = new Date(desk.world.clock.nowMs());
  const paid = { accountId, payer: owner.address, chainId: 8453, at };
  await deposit(pool, { ...paid, cause: randomUUID(), amountMicroUsd: 10_000_000n });
  const posting = (orderId: string, cents: number) => {
    const amountMicroUsd = BigInt(cents) * 10_000n;
    return { accountId, orderId, keyId: body.key_id as string, item: "test", amountMicroUsd, at };
  };
  return {
    ...owned,
    spend: async (cents: number) => {
      const orderId = randomUUID();
      await hold(pool, { ...posting(orderId, cents), cause: `hold:${orderId}` });
      return () => release(pool, { ...posting(orderId, cents), cause: `end:${orderId}` });
    },
    balance: () => balanceOf(pool, accountId),
    told: async () => (await desk.ask(KEYS, { headers: signedIn })).body.keys[0],
  };
}

const change = ({ body, signedIn }: Owned, cap_usd: number | null) =>
  desk.ask(`${KEYS}/${body.key_id}`, { method: "PATCH", body: { cap_usd }, headers: signedIn });

const REACHED = { code: "key_cap_reached" };

describe("the cap of a key", () => {
  it("is what may be spent with it, ever; what is given back was not spent", async () => {
    const key = await spender({ cap_usd: 1 });
    const giveBack = await key.spend(60);
    await expect(key.spend(41)).rejects.toMatchObject(REACHED);
    await key.spend(40);
    expect(await key.told()).toMatchObject({ cap_usd: 1, spent_usd: 1 });
    await expect(key.spend(1)).rejects.toMatchObject(REACHED);
    await giveBack();
    expect(await key.told()).toMatchObject({ spent_usd: 0.4 });
    await key.spend(60);
    expect(await key.balance()).toBe(9_000_000n);
  });

  it("is not filled up by rotating", async () => {
    const key = await spender({ cap_usd: 1 });
    await key.spend(90);
    const rotated = await desk.ask(`${KEYS}/${key.body.key_id}/rotate`, { method: "POST", headers: key.signedIn });
    expect(rotated.body).toMatchObject({ cap_usd: 1, spent_usd: 0.9 });
    await expect(key.spend(11)).rejects.toMatchObject(REACHED);
    await key.spend(10);
  });

  it("can be put below what was spent, which ends it, and raised or lifted", async () => {
    const key = await spender({ cap_usd: 5 });
    await key.spend(300);
    expect((await change(key, 1)).body).toMatchObject({ cap_usd: 1, spent_usd: 3 });
    await expect(key.spend(1)).rejects.toMatchObject(REACHED);
    await change(key, 3.01);
    await key.spend(1);
    await change(key, null);
    await key.spend(600);
    expect(await key.told()).toMatchObject({ cap_usd: null, spent_usd: 9.01 });
  });

  it("holds whatever is spent at once", async () => {
    const key = await spender({ cap_usd: 1 });
    const done = await Promise.allSettled(Array.from({ length: 20 }, () => key.spend(30)));
    expect(done.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
    expect(await key.balance()).toBe(9_100_000n);
  });
});

describe("a key that was revoked", () => {
  it("spends nothing from the moment that its owner is told so, however many purchases are under way", async () => {
    const key = await spender({});
    const spending = Array.from({ length: 30 }, () => key.spend(10).catch(() => undefined));
    await desk.ask(`${KEYS}/${key.body.key_id}`, { method: "DELETE", headers: key.signedIn });
    const whenTold = await key.balance();
    await Promise.all(spending);
    expect(await key.balance()).toBe(whenTold);
    await expect(key.spend(1)).rejects.toMatchObject({ code: "invalid_api_key" });
  });
});
