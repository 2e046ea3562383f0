import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { balanceOf, capture, hold, holderOf, openAccount, release } from "../../../api/ledger.ts";
import { holding, type LedgerWorld, openLedgerWorld, sums } from "./ledger-world.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

const ending = (held: ReturnType<typeof holding>) => ({ ...held, cause: `end:${held.orderId}` });

describe("an account", () => {
  it("is one, however many look for it at once and however its holder is spelled", async () => {
    const address = "0xAbCdEf0000000000000000000000000000000001";
    const pools = [world.pool(), world.pool()];
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        openAccount(pools[i % 2] as (typeof pools)[0], {
          address: i % 3 === 0 ? (address.toLowerCase() as typeof address) : address,
          chainId: 8453,
        }),
      ),
    );
    expect(new Set(ids).size).toBe(1);
    expect(await holderOf(world.db.pool, ids[0] as string)).toEqual({ address: address.toLowerCase(), chainId: 8453 });
    expect(await openAccount(world.db.pool, { address, chainId: 84532 })).not.toBe(ids[0]);
  });

  it("has nothing at first", async () => {
    expect(await world.balance(await world.account())).toBe(0n);
  });

  it("that does not exist has no balance and no holder, and cannot be spent from", async () => {
    await expect(balanceOf(world.db.pool, "999999")).rejects.toThrow("no account");
    await expect(holderOf(world.db.pool, "2")).rejects.toThrow("no account");
    await expect(hold(world.db.pool, holding("999999", 1n))).rejects.toThrow("no such account");
    await expect(hold(world.db.pool, holding("7", 1n))).rejects.toThrow("no such account");
  });
});

describe("an order paid from a balance", () => {
  it("is held and captured once", async () => {
    const accountId = await world.account(100n);
    const held = holding(accountId, 60n);
    expect([await hold(world.db.pool, held), await hold(world.db.pool, held)]).toEqual([true, false]);
    expect(await world.balance(accountId)).toBe(40n);
    const end = ending(held);
    expect([await capture(world.db.pool, end), await capture(world.db.pool, end)]).toEqual([true, false]);
    expect(await release(world.db.pool, end)).toBe(false);
    expect(await world.balance(accountId)).toBe(40n);
  });
  it("is held and released once", async () => {
    const accountId = await world.account(100n);
    const held = holding(accountId, 60n);
    await hold(world.db.pool, held);
    const end = ending(held);
    expect([await release(world.db.pool, end), await release(world.db.pool, end)]).toEqual([true, false]);
    expect(await capture(world.db.pool, end)).toBe(false);
    expect(await world.balance(accountId)).toBe(100n);
    expect(Object.values(await sums(world)).reduce((a, b) => a + b)).toBe(0n);
  });
});
