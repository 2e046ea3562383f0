import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CODE_ORDERS } from "../../../api/limits.ts";
import type { TestKey } from "../balance/key.ts";
import { DISCORD, type OrderShop, openOrderShop, PRICE } from "./order-shop.ts";

let shop: OrderShop;
let key: TestKey;
beforeAll(async () => {
  shop = await openOrderShop();
});
afterAll(() => shop?.world.close());
beforeEach(async () => {
  key = await shop.key(1_000_000_000n);
});
afterEach(() => shop.audit());

const GB = { service: "discord", country: "gb" };
const MAIL = { service: "mail", country: "id" };

describe("cooldown", () => {
  it("keeps who cancelled from the same service and country for 120 s, and nobody and nothing else", async () => {
    const { id } = await shop.bought(key);
    await shop.cancel(key, id);
    const refused = await shop.purchase(key);
    expect([refused.status, refused.body.error, refused.headers.get("retry-after")]).toEqual([429, "cooldown", "120"]);
    shop.world.clock.advance(100);
    expect((await shop.purchase(key)).headers.get("retry-after")).toBe("20");
    expect((await shop.purchase(key, { body: GB })).status).toBe(200);
    expect((await shop.purchase(key, { body: MAIL })).status).toBe(200);
    expect((await shop.purchase(await shop.key())).status).toBe(200);
    shop.world.clock.advance(20);
    expect((await shop.purchase(key)).status).toBe(200);
  });

  it("does not follow a code or a failure", async () => {
    const { id, activation } = await shop.bought(key);
    shop.supplier.deliver(activation, "1");
    await shop.becomes(key, id, "received");
    shop.supplier.refusals.push({ kind: "refused", reason: "failed" });
    expect((await shop.purchase(key)).status).toBe(502);
    expect((await shop.purchase(key)).status).toBe(200);
  });

  it("charges nothing", async () => {
    const { id } = await shop.bought(key);
    await shop.cancel(key, id);
    const before = await key.balance();
    await Promise.all(Array.from({ length: 10 }, () => shop.purchase(key)));
    expect(await key.balance()).toBe(before);
  });
});

/** As if so many had been bought a while ago. */
async function earlier(accountId: string, { of, count, state }: { of: typeof DISCORD; count: number; state: string }) {
  const { pool } = shop.world.server.deps.db;
  const at = new Date(shop.world.clock.nowMs() - 3600_000);
  const isOpen = state === "waiting";
  await pool.query(
    `insert into app.code_order (order_id, account_id, key_id, payer, chain_id, fingerprint, service, country,
       price_micro_usd, cost_micro_usd, timeout_sec, state, looks, due_at, created_at, expires_at, ended_at, activation_id)
     select gen_random_uuid(), $1, gen_random_uuid(), '0x', 1, '', $2, $3, 1, 1, 1, $4, 0, $6, $5, $6, $7, 'old-' || gen_random_uuid()
     from generate_series(1, $8)`,
    [
      accountId,
      of.service,
      of.country,
      state,
      at,
      isOpen ? new Date(shop.world.clock.nowMs() + 3600_000) : null,
      isOpen ? null : at,
      count,
    ],
  );
  return async () => void (await pool.query("delete from app.code_order where activation_id like 'old-%'"));
}

describe("the limits", () => {
  const limited = async (scope: string, limit: number) => {
    const answer = await shop.purchase(key);
    expect([answer.status, answer.body.error, answer.body.details?.scope]).toEqual([429, "order_limit", scope]);
    expect(answer.body.details.limit).toBe(limit);
    expect(answer.body.message).toContain("Nothing was charged");
    return Number(answer.headers.get("retry-after"));
  };

  it("of orders that wait at once", async () => {
    const count = CODE_ORDERS.waitingPerAccount - 1;
    const undo = await earlier(key.accountId, { of: MAIL, count, state: "waiting" });
    expect((await shop.purchase(key)).status).toBe(200);
    expect(await limited("open", 50)).toBe(600);
    await undo();
    expect((await shop.purchase(key)).status).toBe(200);
  });

  it("of an account's orders a day, of which failed ones are none", async () => {
    const count = CODE_ORDERS.perAccountADay - 1;
    const undo = await earlier(key.accountId, { of: MAIL, count, state: "expired" });
    const undoFailed = await earlier(key.accountId, { of: MAIL, count: 10, state: "failed" });
    expect((await shop.purchase(key)).status).toBe(200);
    expect(await limited("account_day", 500)).toBe(23 * 3600);
    await undo();
    await undoFailed();
  });

  it("of a service's orders a day, whoever buys", async () => {
    const { pool } = shop.world.server.deps.db;
    const { rows } = await pool.query(
      "select count(*)::int as n from app.code_order where service = 'discord' and state <> 'failed'",
    );
    const count = CODE_ORDERS.perServiceADay - rows[0].n - 1;
    const undo = await earlier((await shop.key()).accountId, { of: DISCORD, count, state: "expired" });
    expect((await shop.purchase(key)).status).toBe(200);
    await limited("service_day", 5_000);
    expect((await shop.purchase(key, { body: MAIL })).status).toBe(200);
    await undo();
  });

  it("hold when all come at once", async () => {
    const count = CODE_ORDERS.waitingPerAccount - 3;
    const undo = await earlier(key.accountId, { of: MAIL, count, state: "waiting" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.purchase(key)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(await key.balance()).toBe(1_000_000_000n - 3n * PRICE);
    await undo();
  });
});

describe("PUT /api/v1/operator/sales/codes", () => {
  afterEach(() => shop.operator("PUT", { paused: false }));

  it("stops purchases at once, and nothing else", async () => {
    const { id, activation } = await shop.bought(key);
    const other = await shop.bought(key, MAIL);
    const balance = await key.balance();
    const paused = await shop.operator("PUT", { paused: true });
    expect([paused.status, paused.body.paused]).toEqual([200, true]);
    const refused = await shop.purchase(key);
    expect([refused.status, refused.body.error]).toEqual([503, "sales_paused"]);
    expect(await key.balance()).toBe(balance);
    shop.supplier.deliver(activation, "3");
    await shop.becomes(key, id, "received");
    expect((await shop.cancel(key, other.id)).status).toBe(200);
    await shop.operator("PUT", { paused: false });
    expect((await shop.purchase(key)).status).toBe(200);
  });

  it("waits for purchases that are being made, so that none is made after it", async () => {
    const { db } = shop.world.server.deps;
    const locks = async (mode: string, isGranted: boolean) =>
      (
        await db.pool.query(
          `select count(*)::int as n from pg_locks where locktype = 'advisory' and mode = $1 and granted = $2
             and database = (select oid from pg_database where datname = current_database())`,
          [mode, isGranted],
        )
      ).rows[0].n;
    const { buying, pausing } = await db.transaction(async (client) => {
      await client.query("select app.lock_account($1)", [key.accountId]);
      const buying = shop.purchase(key);
      await expect.poll(() => locks("ShareLock", true)).toBe(1);
      const pausing = shop.operator("PUT", { paused: true });
      // The purchase for its account, the pause for the purchase.
      await expect.poll(() => locks("ExclusiveLock", false)).toBe(2);
      return { buying, pausing };
    });
    expect([(await buying).status, (await pausing).status]).toEqual([200, 200]);
    expect((await shop.purchase(key)).body.error).toBe("sales_paused");
  });

  it("shows how things stand", async () => {
    const before = (await shop.operator("GET")).body;
    await shop.bought(key);
    expect((await shop.operator("GET")).body).toMatchObject({ paused: false, open_orders: before.open_orders + 1 });
  });

  it("is the operator's alone, and wants a boolean", async () => {
    const path = "/api/v1/operator/sales/codes";
    const body = JSON.stringify({ paused: true });
    for (const headers of [{}, { Authorization: "Bearer wrong" }, key.headers]) {
      const answer = await shop.world.ask(path, {
        method: "PUT",
        headers: { ...headers, "Content-Type": "application/json" },
        body,
      });
      expect([answer.status, answer.body.error]).toEqual([401, "unauthorized"]);
      expect((await shop.world.ask(path, { headers: headers as Record<string, string> })).status).toBe(401);
    }
    expect((await shop.operator("PUT", { paused: "yes" })).body.details.field).toBe("paused");
    expect((await shop.purchase(key)).status).toBe(200);
  });
});
