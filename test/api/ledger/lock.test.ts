import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccountId, hold, type Queryable } from "../../../api/ledger.ts";
import { AT, holding, type LedgerWorld, openLedgerWorld } from "./ledger-world.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

const spend = (on: Queryable, accountId: AccountId, microUsd: bigint) => hold(on, holding(accountId, microUsd));

/** What comes of `last`, which must wait for what `first` does in a transaction until that is over. */
async function meanwhile(
  first: (client: pg.PoolClient) => Promise<unknown>,
  last: (on: Queryable) => Promise<unknown>,
) {
  const [client, other] = [await world.pool(1).connect(), world.pool(1)];
  await client.query("begin");
  await first(client);
  const waiting = last(other).catch(({ code, details }) => ({ code, ...details }));
  await oneWaits();
  await client.query("commit");
  client.release();
  return waiting;
}

async function oneWaits(): Promise<void> {
  const text = "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  for (;;) if ((await world.db.pool.query(text)).rowCount === 1) return;
}

describe("whoever waits for an account", () => {
  it("sums what was spent while it waited", async () => {
    const accountId = await world.account(100n);
    const came = await meanwhile(
      (client) => spend(client, accountId, 60n),
      (on) => spend(on, accountId, 60n),
    );
    expect(came).toEqual({ code: "insufficient_balance", balance_micro_usd: "40" });
    expect(await world.balance(accountId)).toBe(40n);
  });

  it("posts into the folio that was opened while it waited", async () => {
    const accountId = await world.account(100n);
    const came = await meanwhile(
      async (client) => {
        for (let i = 0; i < 40; i++) await spend(client, accountId, 1n);
      },
      (on) => spend(on, accountId, 60n),
    );
    expect(came).toBe(true);
    expect(await world.balance(accountId)).toBe(0n);
  });

  it("spends nothing of what the chain has taken back meanwhile", async () => {
    const accountId = await world.account(100n);
    const order = holding(accountId, 0n).orderId;
    const text = "select app.take_back($1, $2, 70, $3, 'test', '0xaa', 8453, $4) as lost";
    const came = await meanwhile(
      (client) => client.query(text, [`x402:${order}:9`, accountId, order, AT]),
      (on) => spend(on, accountId, 60n),
    );
    expect(came).toEqual({ code: "insufficient_balance", balance_micro_usd: "30" });
  });

  it("spends by no key that was revoked meanwhile", async () => {
    const accountId = await world.account(100n);
    const keyId = await world.key(accountId);
    const came = await meanwhile(
      async (client) => {
        await client.query("select app.lock_account($1)", [accountId]);
        await client.query("update app.api_key set revoked_at = now() where key_id = $1", [keyId]);
      },
      (on) => hold(on, { ...holding(accountId, 1n), keyId }),
    );
    expect(came).toEqual({ code: "invalid_api_key" });
  });
});
