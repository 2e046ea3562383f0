import { randomUUID } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countOf } from "../../../api/ledger/entries.ts";
import { balanceOf, capture, deposit, hold, type Queryable, release } from "../../../api/ledger.ts";
import { type Chance, chanceOf } from "../x402/model.ts";
import { AT, addressOf, holding, type LedgerWorld, openLedgerWorld, sums } from "./ledger-world.ts";

let world: LedgerWorld;
beforeAll(async () => {
  world = await openLedgerWorld();
});
afterAll(() => world.close());

type Held = ReturnType<typeof holding> & { keyId?: string | undefined };

/** What one account should have; told of whatever went through. */
class Model {
  balance = 0n;
  entries = 0;
  readonly open: Held[] = [];
  readonly all: Held[] = [];
  readonly spent = new Map<string, bigint>();
  readonly accountId: string;
  readonly keys: readonly { keyId: string; capMicroUsd: bigint }[];

  constructor(accountId: string, keys: Model["keys"]) {
    this.accountId = accountId;
    this.keys = keys;
  }

  capOf(keyId: string | undefined): bigint | undefined {
    return this.keys.find((key) => key.keyId === keyId)?.capMicroUsd;
  }

  /** What the ledger should answer. */
  foresees({ amountMicroUsd, keyId, cause }: Held): true | false | string {
    if (this.all.some((held) => held.cause === cause)) return false;
    if (this.balance < amountMicroUsd) return "insufficient_balance";
    const cap = this.capOf(keyId);
    return cap !== undefined && (this.spent.get(keyId as string) ?? 0n) + amountMicroUsd > cap
      ? "key_cap_reached"
      : true;
  }

  moved(amount: bigint, keyId?: string): void {
    this.balance += amount;
    this.entries++;
    if (keyId) this.spent.set(keyId, (this.spent.get(keyId) ?? 0n) - amount);
  }

  held(held: Held): void {
    this.moved(-held.amountMicroUsd, held.keyId);
    this.open.push(held);
    this.all.push(held);
  }
}

const pick = <T>(chance: Chance, of: readonly T[]): T | undefined => of[chance.below(of.length)];
const answered = (work: Promise<boolean>) => work.catch((error) => error.code as string);

/** One thing that may happen to an account. Says what was foreseen and what came of it. */
async function happen(on: Queryable, model: Model, chance: Chance): Promise<{ foreseen: unknown; came: unknown }> {
  const what = chance.below(10);
  if (what < 3) {
    const amountMicroUsd = BigInt(1 + chance.below(300));
    const arrival = { accountId: model.accountId, payer: addressOf(9), chainId: 8453, amountMicroUsd, at: AT };
    const came = await deposit(on, { ...arrival, cause: `deposit:${randomUUID()}` });
    model.moved(amountMicroUsd);
    return { foreseen: true, came };
  }
  if (what < 7) return spend(on, model, chance);
  const [held] = model.open.splice(chance.below(model.open.length), 1);
  if (!held) return { foreseen: true, came: true };
  const end = { ...held, cause: `end:${held.orderId}` };
  if (chance.hit(50)) return { foreseen: true, came: await capture(on, end) };
  const came = await release(on, end);
  model.moved(held.amountMicroUsd, held.keyId);
  return { foreseen: true, came };
}

async function spend(on: Queryable, model: Model, chance: Chance) {
  const again = chance.hit(10) ? pick(chance, model.all) : undefined;
  const keyId = chance.hit(60) ? pick(chance, model.keys)?.keyId : undefined;
  const held: Held = again ?? { ...holding(model.accountId, BigInt(1 + chance.below(200))), keyId };
  const foreseen = model.foresees(held);
  const came = await answered(hold(on, held));
  if (came === true) model.held(held);
  return { foreseen, came };
}

async function account(): Promise<Model> {
  const accountId = await world.account();
  const keys = await Promise.all(
    [400n, 5_000n, 1_000_000n].map(async (capMicroUsd) => ({
      keyId: await world.key(accountId, capMicroUsd),
      capMicroUsd,
    })),
  );
  return new Model(accountId, keys);
}

async function agree(model: Model): Promise<void> {
  expect(await world.balance(model.accountId)).toBe(model.balance);
  expect(await countOf(world.db.pool, [model.accountId])).toBe(model.entries);
  const text = "select app.key_spent_in($1, account_id, folio) as spent from app.account where account_id = $2";
  for (const { keyId } of model.keys) {
    const { rows } = await world.db.pool.query(text, [keyId, model.accountId]);
    expect(BigInt(rows[0].spent)).toBe(model.spent.get(keyId) ?? 0n);
  }
}

describe("an account that many things happen to", () => {
  it.each([1, 2, 3])("one after the other, is foreseen by a model to the unit, over many folios (%i)", async (seed) => {
    const chance = chanceOf(seed);
    const models = [await account(), await account()];
    for (let i = 0; i < 700; i++) {
      const { foreseen, came } = await happen(world.db.pool, pick(chance, models) as Model, chance);
      expect(came).toBe(foreseen);
    }
    for (const model of models) await agree(model);
    const { rows } = await world.db.pool.query("select max(folio) as folio from app.account");
    expect(rows[0].folio).toBeGreaterThan(5);
  });

  it("at once, from many connections, never has less than nothing, and has what went through in the end", async () => {
    const models = await Promise.all(Array.from({ length: 4 }, account));
    const pools = [world.pool(8), world.pool(8), world.pool(8)];
    let isOver = false;
    const watching = watch(world.pool(1), models, () => isOver);
    const workers = Array.from({ length: 24 }, async (_, worker) => {
      const chance = chanceOf(1_000 + worker);
      for (let i = 0; i < 60; i++) await happen(pools[worker % 3] as pg.Pool, pick(chance, models) as Model, chance);
    });
    await Promise.all(workers);
    isOver = true;
    expect(await watching).toBe(0n);
    for (const model of models) {
      await agree(model);
      for (const { keyId, capMicroUsd } of model.keys)
        expect(model.spent.get(keyId) ?? 0n).toBeLessThanOrEqual(capMicroUsd);
    }
    expect(Object.values(await sums(world)).reduce((a, b) => a + b)).toBe(0n);
  });
});

/** The least that any of the accounts was seen with. */
async function watch(pool: pg.Pool, models: readonly Model[], isOver: () => boolean): Promise<bigint> {
  let least = 0n;
  while (!isOver())
    for (const { accountId } of models) {
      const balance = await balanceOf(pool, accountId);
      if (balance < least) least = balance;
    }
  return least;
}
