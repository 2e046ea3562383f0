import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { capture, hold, release } from "../../../api/ledger.ts";
import { holding, ITEM, type LedgerWorld, openLedgerWorld } from "./ledger-world.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

const run = (sql: string, values: unknown[] = []) => world.db.pool.query(sql, values);
const entry = (fields: Record<string, unknown>) => {
  const usual = { cause: randomUUID(), kind: "capture", amount_micro_usd: 1, created_at: new Date(), item: ITEM };
  const all = Object.entries({ ...usual, ...fields });
  const places = all.map((_, i) => `$${i + 1}`);
  const text = `insert into app.ledger_entry (${all.map(([name]) => name)}) values (${places})`;
  return run(
    text,
    all.map(([, value]) => value),
  );
};

describe("what was posted", () => {
  it.each([
    "update app.ledger_entry set amount_micro_usd = 1",
    "update app.ledger_entry set item = null where false",
    "delete from app.ledger_entry",
    "truncate app.ledger_entry",
    "update app.ledger_key_carry set spent_micro_usd = 0",
    "delete from app.ledger_key_carry",
    "update app.account set address = 'someone'",
    "update app.account set kind = 'sales', folio = 0",
    "update app.account set folio = folio + 1",
    "delete from app.account",
    "truncate app.account cascade",
  ])("stays: %s", async (sql) => {
    await world.account(5n);
    await expect(run(sql)).rejects.toMatchObject({ code: "TL005" });
  });

  it("stays also for a session that has switched triggers off", async () => {
    const client = await world.pool(1).connect();
    await client.query("set session_replication_role = replica");
    await expect(client.query("delete from app.ledger_entry")).rejects.toMatchObject({ code: "TL005" });
    client.release(true);
  });
});

describe("an entry", () => {
  it.each(["repeatable read", "serializable"])(
    "is not posted in %s, whose snapshot is older than the lock",
    async (level) => {
      const accountId = await world.account(100n);
      const client = await world.pool(1).connect();
      await client.query(`begin isolation level ${level}`);
      await expect(hold(client, holding(accountId, 1n))).rejects.toMatchObject({ code: "TL004" });
      client.release(true);
      expect(await world.balance(accountId)).toBe(100n);
    },
  );

  it("is refused when it is none", async () => {
    const [one, other] = [await world.account(100n), await world.account(100n)];
    const order_id = randomUUID();
    const chain = { payer: "0xaa", chain_id: 1 };
    const wrong = [
      { debit_id: one, credit_id: other, order_id },
      { debit_id: one, credit_id: one, order_id },
      { debit_id: 3, credit_id: 3, order_id },
      { debit_id: 1, credit_id: one },
      { debit_id: 5, credit_id: one, order_id },
      { debit_id: one, credit_id: 2, kind: "hold" },
      { debit_id: one, credit_id: 2, kind: "hold", order_id, cause: "anything" },
      { debit_id: one, credit_id: one, kind: "carry", debit_folio: 1, credit_folio: 2 },
      { debit_id: 1, credit_id: one, kind: "gift", ...chain },
      { debit_id: 2, credit_id: one, kind: "credit", order_id },
      { debit_id: one, credit_id: 2, kind: "hold", order_id, cause: `hold:${order_id}`, amount_micro_usd: 0 },
      { debit_id: one, credit_id: 2, kind: "hold", order_id, cause: `hold:${order_id}`, amount_micro_usd: -1 },
      { debit_id: 7, credit_id: 2, kind: "hold", order_id, cause: `hold:${order_id}` },
      {
        debit_id: 1,
        credit_id: 2,
        kind: "payment",
        order_id,
        cause: `x402:${order_id}:1`,
        ...chain,
        amount_micro_usd: 0,
      },
    ];
    for (const fields of wrong) await expect(entry(fields)).rejects.toMatchObject({ code: "TL004" });
    await expect(
      entry({ debit_id: 1, credit_id: one, kind: "deposit", amount_micro_usd: 0, ...chain }),
    ).rejects.toThrow();
    await expect(
      entry({ debit_id: 1, credit_id: one, kind: "deposit", amount_micro_usd: -5, ...chain }),
    ).rejects.toThrow();
    expect([await world.balance(one), await world.balance(other)]).toEqual([100n, 100n]);
  });
});

describe("escrow", () => {
  it("gives no more for an order than was held for it, to nobody else, and under no other cause", async () => {
    const [accountId, stranger] = [await world.account(100n), await world.account()];
    const held = holding(accountId, 60n);
    await hold(world.db.pool, held);
    const end = { ...held, cause: `end:${held.orderId}` };
    await expect(release(world.db.pool, { ...end, amountMicroUsd: 61n })).rejects.toMatchObject({ code: "TL004" });
    await expect(release(world.db.pool, { ...end, accountId: stranger })).rejects.toMatchObject({ code: "TL004" });
    await expect(capture(world.db.pool, { ...end, orderId: randomUUID() })).rejects.toMatchObject({ code: "TL004" });
    expect(await release(world.db.pool, end)).toBe(true);
    await expect(release(world.db.pool, { ...end, cause: "again" })).rejects.toMatchObject({ code: "TL004" });
    expect(await world.balance(accountId)).toBe(100n);
  });

  it("is emptied once by two that do not know of each other", async () => {
    const accountId = await world.account(100n);
    const held = holding(accountId, 60n);
    await hold(world.db.pool, held);
    const pools = [world.pool(), world.pool()];
    const twice = ["one", "two"].map((cause, i) =>
      release(pools[i] as (typeof pools)[0], { ...held, cause: cause + held.orderId }),
    );
    const outcomes = await Promise.allSettled(twice);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await world.balance(accountId)).toBe(100n);
  });
});

describe("a key", () => {
  it("is told what it can spend, where there is too little, and not what its owner has", async () => {
    const accountId = await world.account(500n);
    const keys = [await world.key(accountId, 100n), await world.key(accountId, 5_000n), await world.key(accountId)];
    await hold(world.db.pool, { ...holding(accountId, 30n), keyId: keys[0] as string });
    const told = await Promise.all(
      keys.map((keyId) =>
        hold(world.db.pool, { ...holding(accountId, 501n), keyId }).catch(({ code, details }) => ({ code, details })),
      ),
    );
    const code = "insufficient_balance";
    expect(told).toEqual(["70", "470", "470"].map((left) => ({ code, details: { balance_micro_usd: left } })));
  });

  it("spends from its own account, while it is not revoked, and what is released is not spent", async () => {
    const [accountId, other] = [await world.account(500n), await world.account(500n)];
    const keyId = await world.key(accountId, 100n);
    const held = { ...holding(accountId, 100n), keyId };
    await expect(hold(world.db.pool, { ...holding(other, 1n), keyId })).rejects.toMatchObject({
      code: "invalid_api_key",
    });
    await hold(world.db.pool, held);
    await expect(hold(world.db.pool, { ...holding(accountId, 1n), keyId })).rejects.toMatchObject({
      code: "key_cap_reached",
      details: { cap_micro_usd: "100", spent_micro_usd: "100" },
    });
    // Whoever gives it back need not know the key.
    const { keyId: _, ...unsigned } = held;
    await release(world.db.pool, { ...unsigned, cause: `end:${held.orderId}` });
    expect(await hold(world.db.pool, { ...holding(accountId, 40n), keyId })).toBe(true);
    expect(await hold(world.db.pool, held)).toBe(false);
    await run("update app.api_key set revoked_at = now() where key_id = $1", [keyId]);
    await expect(hold(world.db.pool, { ...holding(accountId, 1n), keyId })).rejects.toMatchObject({
      code: "invalid_api_key",
    });
  });
});
