import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { measureReconciliation } from "../../../api/ledger/reconciliation/measure.ts";
import { type Difference, reconcile } from "../../../api/ledger/reconciliation/reconcile.ts";
import { causeOfTransfer } from "../../../api/ledger/statement.ts";
import { deposit, hold } from "../../../api/ledger.ts";
import { createMetrics } from "../../../api/metrics.ts";
import { TestClock } from "../support/test-clock.ts";
import { AT, addressOf, holding, type LedgerWorld, openLedgerWorld } from "./ledger-world.ts";
import { hash, type OnChain, openOnChain } from "./onchain.ts";

const HEAD = 10_000;
const clock = new TestClock();
const worlds: LedgerWorld[] = [];
let world: LedgerWorld;
let chain: OnChain;
let payers = 100;

beforeEach(async () => {
  world = await openLedgerWorld();
  worlds.push(world);
  chain = await openOnChain(world.db.pool);
  await chain.reach(HEAD);
});
afterAll(() => Promise.all(worlds.map((each) => each.close())));

const run = (sql: string, values: unknown[] = []) => world.db.pool.query(sql, values);
const differences = async () => (await reconcile(world.db.pool, { nowSec: clock.nowSec })).differences;

/** A plain transfer that is on chain and in the ledger, whole or only so much of it. */
async function credited(amount: bigint, posted = amount) {
  const payer = addressOf(++payers);
  const { txHash } = await chain.arrived({ payer, amount, block: 5, txHash: hash() });
  const { rows } = await run("select app.open_account($1, 8453) as id", [payer]);
  const accountId: string = rows[0].id;
  const cause = causeOfTransfer({ chainId: 8453, txHash, logIndex: 3 });
  await deposit(world.db.pool, { cause, accountId, payer, chainId: 8453, amountMicroUsd: posted, at: AT });
  return { accountId, payer, txHash };
}

/** An order as the x402 module keeps it, moved to where its state says. */
async function order(state: string, amount: bigint, { isDue = false, isPosted = true } = {}) {
  const [id, payer, nonce] = [randomUUID(), addressOf(++payers), hash()];
  const text = `
    insert into app.x402_order (id, pay_key, sale_id, fingerprint, payer, chain_id, pay_to, nonce, valid_before_sec,
      price_micro_usd, payload, input, state, version, is_final, looks, settled_micro_usd, due_at, created_at)
    values ($1::uuid, $1::text, 'test', '', $2, 8453, '', $3, 0, $4::numeric, '{}', '{}', $5, 3, $6, 0, $4::numeric, $7,
      now())`;
  await run(text, [id, payer, nonce, amount.toString(), state, !isDue, isDue ? new Date() : null]);
  const move = "select app.x402_move($1, $2, $3, $4, $5, 'test', $6, 8453, now())";
  if (isPosted) await run(move, [id, 1, 2, "payment", amount.toString(), payer]);
  if (isPosted && state === "fulfilled") await run(move, [id, 2, 3, "capture", amount.toString(), payer]);
  return { id, payer, nonce };
}

describe("books that agree", () => {
  it("have no difference", async () => {
    await credited(5_000_000n);
    const sold = await order("fulfilled", 50_000n);
    await chain.arrived({ payer: sold.payer, nonce: sold.nonce, amount: 50_000n, block: 6 });
    const open = await order("settled", 70_000n, { isDue: true });
    await chain.arrived({ payer: open.payer, nonce: open.nonce, amount: 70_000n, block: HEAD });
    expect(await reconcile(world.db.pool, { nowSec: clock.nowSec })).toMatchObject({
      chains: [{ chainId: 8453, headBlock: 10_000n, settled: 5_120_000n, posted: 5_120_000n, refunded: 0n }],
      escrowMicroUsd: 70_000n,
      differences: [],
      errors: 0,
      errorMicroUsd: 0n,
    });
  });

  it("are none while there is no index", async () => {
    await run("drop schema onchain cascade");
    await expect(reconcile(world.db.pool, { nowSec: clock.nowSec })).rejects.toMatchObject({ code: "42P01" });
  });
});

describe("a mismatch is found and named:", () => {
  const named = (found: readonly Difference[]) =>
    found.map(({ kind, status, amountMicroUsd, payer, what }) => ({ kind, status, amountMicroUsd, payer, what }));

  it("a transfer that nobody credited, and one that was credited by less", async () => {
    const forgotten = addressOf(++payers);
    const { txHash } = await chain.arrived({ payer: forgotten, amount: 30n, block: 7 });
    const short = await credited(1_000n, 999n);
    const found = named(await differences());
    expect(found).toHaveLength(2);
    const usual = { kind: "uncredited", status: "error" };
    expect(found).toContainEqual({ ...usual, amountMicroUsd: 30n, payer: forgotten, what: txHash });
    expect(found).toContainEqual({ ...usual, amountMicroUsd: 1n, payer: short.payer, what: short.txHash });
  });

  it("a credit for which nothing arrived", async () => {
    const accountId = await world.account(500n);
    const [found] = await differences();
    expect(found).toMatchObject({ kind: "unbacked", status: "error", amountMicroUsd: 500n, payer: addressOf(1) });
    expect(accountId).toBeDefined();
  });

  it("however much else is pending, or was refunded", async () => {
    const many = `insert into onchain.settlement
      select 8453, 'tx ' || n, 3, 'usdc', 'dust', null, 1, $1, 0 from generate_series(1, 1200) n`;
    await run(many, [HEAD]);
    await world.account(500n);
    expect(named(await differences())[0]).toMatchObject({ kind: "unbacked", status: "error", amountMicroUsd: 500n });
  });

  it("when it is final, and an operator may say when that is", async () => {
    await chain.arrived({ payer: addressOf(++payers), amount: 30n, block: HEAD - 1_500 });
    const statuses = async (finalBlocks: number) =>
      (await reconcile(world.db.pool, { nowSec: clock.nowSec, finalBlocks })).differences.map(({ status }) => status);
    expect([await statuses(1_400), await statuses(1_500)]).toEqual([["error"], ["pending"]]);
  });

  it("also when it takes longer to read than anything else may take", async () => {
    const pool = new pg.Pool({ connectionString: world.url, query_timeout: 500 });
    const other = await world.db.pool.connect();
    await other.query("begin; lock table app.ledger_entry in access exclusive mode");
    const reading = reconcile(pool, { nowSec: clock.nowSec });
    const waiting = "select from pg_stat_activity where wait_event_type = 'Lock' and now() - query_start > '1 s'";
    await expect.poll(async () => (await run(waiting)).rowCount, { timeout: 10_000 }).toBe(1);
    await other.query("rollback");
    other.release();
    expect(await reading).toMatchObject({ errors: 0 });
    await pool.end();
  });

  it("an authorization whose order is over without it", async () => {
    const { payer, nonce } = await order("expired", 60n, { isPosted: false });
    const { txHash } = await chain.arrived({ payer, nonce, amount: 60n, block: 8 });
    const error = { kind: "uncredited", status: "error", amountMicroUsd: 60n, payer, what: txHash };
    expect(named(await differences())).toEqual([error]);
  });

  it("money that is held for an order that is over, and an open order without any", async () => {
    const { accountId } = await credited(100n);
    const held = holding(accountId, 40n);
    await hold(world.db.pool, held);
    const { id, payer, nonce } = await order("settled", 70n, { isPosted: false, isDue: true });
    await chain.arrived({ payer, nonce, amount: 70n, block: HEAD });
    const found = named(await differences());
    expect(found).toContainEqual({ kind: "escrow", status: "error", amountMicroUsd: 40n, what: held.orderId });
    expect(found).toContainEqual({ kind: "escrow", status: "error", amountMicroUsd: 70n, what: id });
  });

  it("entries that were put past the ledger", async () => {
    const [{ accountId }, other] = [await credited(100n), await credited(100n)];
    await run("alter table app.ledger_entry disable trigger post_entry");
    const text = `insert into app.ledger_entry
      (cause, kind, debit_id, debit_folio, credit_id, credit_folio, amount_micro_usd, order_id, created_at)
      values ($1, 'capture', $2, 1, 3, 0, $3, null, now())`;
    await run(text, ["past", accountId, 150]);
    expect(named(await differences())).toEqual([
      { kind: "below_zero", status: "error", amountMicroUsd: 50n, what: `account ${accountId}` },
    ]);
    await run(text.replace("1, 3, 0", "7, 3, 0"), ["past, in another folio", other.accountId, 10]);
    expect(named(await differences())).toContainEqual({
      kind: "folio",
      status: "error",
      amountMicroUsd: 10n,
      what: `account ${other.accountId}`,
    });
    await run(text.replace("1, 3, 0", "0, 999999, 0"), ["to nobody", 3, 5]);
    const sum = { kind: "sum", status: "error", amountMicroUsd: 5n, what: "all accounts" };
    expect(named(await differences())).toContainEqual(sum);
  });
});

describe("no error is", () => {
  it("what is not final, what may still be sent us, and what an order watches", async () => {
    const [fresh, unclaimed] = [addressOf(++payers), addressOf(++payers)];
    await chain.arrived({ payer: fresh, amount: 1n, block: HEAD - 800 });
    await chain.arrived({ payer: unclaimed, amount: 2n, block: 9, nonce: hash(), blockTime: clock.nowSec - 1_000 });
    const settling = await order("settling", 3n, { isPosted: false, isDue: true });
    await chain.arrived({ payer: settling.payer, nonce: settling.nonce, amount: 3n, block: 10 });
    // Granted by its own transaction while the index is on its way, or being taken back by a reorg.
    await order("fulfilled", 4n, { isDue: true });
    const found = await differences();
    expect(found.map(({ status }) => status)).toEqual(["pending", "pending", "pending", "pending"]);
    expect(found.map(({ amountMicroUsd }) => amountMicroUsd).sort()).toEqual([1n, 2n, 3n, 4n]);
  });

  it("what the operator gave back on chain, once", async () => {
    const { payer, nonce } = await order("expired", 60n, { isPosted: false });
    await chain.arrived({ payer, nonce, amount: 60n, block: 8 });
    await chain.refunded(payer, 60n);
    expect(await differences()).toMatchObject([{ kind: "uncredited", status: "refunded", amountMicroUsd: 60n }]);
    await chain.arrived({ payer, nonce: hash(), amount: 60n, block: 8 });
    expect((await differences()).map(({ status }) => status)).toEqual(["error", "refunded"]);
  });

  it("what the operator gave back on chain of what is on a balance, which is named all the same", async () => {
    const { payer } = await credited(100n);
    await chain.refunded(payer, 60n);
    const named = { kind: "paid_back", status: "refunded", amountMicroUsd: 60n, payer, what: payer };
    expect(await differences()).toMatchObject([named]);
  });
});

describe("the metric and the command", () => {
  const command = (...args: string[]) =>
    spawnSync(process.execPath, [path.resolve("dev/reconcile.ts"), ...args], {
      env: { ...process.env, DATABASE_URL: world.url },
      encoding: "utf8",
    });

  it("tell of it", async () => {
    const metrics = createMetrics();
    const told: object[] = [];
    const log = { error: (fields: object) => void told.push(fields) };
    const measure = measureReconciliation({ db: world.db, clock, metrics, receiver: undefined, log });
    await credited(100n);
    await measure();
    const error = 'turnpike_reconciliation_difference_micro_usd{status="error"}';
    expect(await metrics.registry.metrics()).toContain(`${error} 0`);
    expect(await metrics.registry.metrics()).toContain(`turnpike_reconciliation_time_seconds ${clock.nowSec}`);
    expect(command()).toMatchObject({ status: 0, stdout: expect.stringContaining("zero difference") });

    const { txHash } = await credited(1_000n, 958n);
    await measure();
    expect(await metrics.registry.metrics()).toContain(`${error} 42`);
    expect(await metrics.registry.metrics()).toContain('turnpike_reconciliation_differences{status="error"} 1');
    expect(JSON.stringify(told)).toContain(txHash);
    const { status, stdout } = command();
    expect([status, stdout]).toEqual([
      1,
      expect.stringMatching(new RegExp(`uncredited.*error.*0\\.000042.*${txHash}`)),
    ]);
  });

  it("say that it cannot be known, and how to ask", async () => {
    await run("drop schema onchain cascade");
    await expect(
      measureReconciliation({ db: world.db, clock, metrics: createMetrics(), receiver: undefined, log: console })(),
    ).resolves.toBe(undefined);
    expect(command().status).toBe(2);
    expect(command("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("Exit code 1") });
  });
});
