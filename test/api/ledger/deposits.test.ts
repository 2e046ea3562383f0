import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Db, openDb } from "../../../api/db.ts";
import { statementOf } from "../../../api/ledger/statement.ts";
import { balanceOf, openAccount } from "../../../api/ledger.ts";
import { UNCLAIMED_AFTER_SEC } from "../../../api/limits.ts";
import { createDeposits } from "../../../api/payments/x402/deposits.ts";
import { base } from "../../../contracts/chains.ts";
import { TestClock } from "../support/test-clock.ts";
import { addressOf, type LedgerWorld, listening, openLedgerWorld } from "./ledger-world.ts";
import { hash, type OnChain, openOnChain } from "./onchain.ts";

let world: LedgerWorld;
let chain: OnChain;
const clock = new TestClock();
const silent = pino({ level: "silent" });
const refunds = new Set<string>();
let payers = 5_000;

beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

/** The task of a process that has just started. */
const processOn = (db: Db) =>
  createDeposits({
    db,
    clock,
    receiver: { chain: base, address: "0x2222222222222222222222222222222222222222" } as never,
    isRefunded: async (_, nonce) => refunds.has(nonce),
  });
const newPayer = () => addressOf(++payers);
const has = async (payer: `0x${string}`) =>
  balanceOf(world.db.pool, await openAccount(world.db.pool, { address: payer, chainId: base.id }));

describe("without an index", () => {
  it("there is nothing to credit", async () => {
    await expect(processOn(world.db)()).resolves.toBeUndefined();
    chain = await openOnChain(world.db.pool);
    await expect(processOn(world.db)()).resolves.toBeUndefined();
  });
});

describe("a plain transfer", () => {
  it("is credited to its sender once it is final, and not before", async () => {
    const payer = newPayer();
    const { txHash } = await chain.arrived({ payer, amount: 3_000_000n, block: 1_000, blockTime: clock.nowSec });
    const told = await listening(world, payer);
    const round = processOn(world.db);
    await chain.reach(1_000 + base.finalBlocks - 1);
    await round();
    expect(await has(payer)).toBe(0n);
    await chain.reach(1_000 + base.finalBlocks);
    await round();
    await round();
    expect(await has(payer)).toBe(3_000_000n);
    const data = { order_id: null, amount_micro_usd: "3000000", payer, transaction: txHash };
    expect(await told()).toMatchObject([{ type: "topup.credited", data }]);
    const accountId = await openAccount(world.db.pool, { address: payer, chainId: base.id });
    expect(await statementOf(world.db.pool, [accountId], { limit: 10, offset: 0 })).toMatchObject([
      { kind: "deposit", amountMicroUsd: 3_000_000n, item: "balance.deposit", txHash },
    ]);
  });

  it("is credited once, however many processes look, again and again", async () => {
    const payer = newPayer();
    for (let i = 0; i < 30; i++)
      await chain.arrived({ payer, amount: 10n, block: 2_000 + (i % 3), blockTime: clock.nowSec, txHash: hash() });
    await chain.reach(4_000);
    const others = await Promise.all([openDb(world.url, silent), openDb(world.url, silent)]);
    const rounds = [world.db, ...others].flatMap((db) => [processOn(db), processOn(db)]);
    await Promise.all(rounds.map((round) => round()));
    await processOn(world.db)();
    expect(await has(payer)).toBe(300n);
    await Promise.all(others.map((db) => db.close()));
  });

  it("of nothing is nothing", async () => {
    const payer = newPayer();
    await chain.arrived({ payer, amount: 0n, block: 2_500, blockTime: clock.nowSec });
    await processOn(world.db)();
    expect(await has(payer)).toBe(0n);
  });
});

describe("an authorization that nobody sends us", () => {
  it("is credited to its payer when its time is over, and cannot be claimed from then on", async () => {
    const [payer, nonce] = [newPayer(), hash()];
    await chain.arrived({ payer, amount: 7_000_000n, block: 2_600, nonce, blockTime: clock.nowSec });
    const told = await listening(world, payer);
    const rounds = [processOn(world.db), processOn(world.db)];
    clock.advance(UNCLAIMED_AFTER_SEC - 1);
    await Promise.all(rounds.map((round) => round()));
    expect(await has(payer)).toBe(0n);
    clock.advance(1);
    await Promise.all(rounds.map((round) => round()));
    await processOn(world.db)();
    expect(await has(payer)).toBe(7_000_000n);
    expect(await told()).toMatchObject([{ type: "topup.credited", data: { amount_micro_usd: "7000000" } }]);
    const text = "select state, is_final, sale_id, pay_key from app.x402_order where nonce = $1";
    const payKey = `eip3009|eip155:8453|${base.usdc.address}|${payer}|${nonce}`.toLowerCase();
    expect((await world.db.pool.query(text, [nonce])).rows).toEqual([
      { state: "credited", is_final: true, sale_id: "balance.deposit", pay_key: payKey },
    ]);
  });

  it("is left alone where an order has it, and where the operator has given it back", async () => {
    const [claimed, returned] = [hash(), hash()];
    const [buyer, refundee] = [newPayer(), newPayer()];
    const order = `
      insert into app.x402_order (id, pay_key, sale_id, fingerprint, payer, chain_id, pay_to, nonce, valid_before_sec,
        price_micro_usd, payload, input, state, version, is_final, looks, created_at)
      values (gen_random_uuid(), $1, 'test', '', $2, 8453, '', $3, 0, 5, '{}', '{}', 'settling', 0, false, 0, now())`;
    await world.db.pool.query(order, [`key of ${claimed}`, buyer, claimed]);
    refunds.add(returned);
    await chain.arrived({ payer: buyer, amount: 5n, block: 2_700, nonce: claimed, blockTime: 0 });
    await chain.arrived({ payer: refundee, amount: 5n, block: 2_701, nonce: returned, blockTime: 0 });
    await processOn(world.db)();
    expect([await has(buyer), await has(refundee)]).toEqual([0n, 0n]);
  });
});
