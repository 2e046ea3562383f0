import type pg from "pg";
import type { AccountId } from "../ledger.ts";

/**
 * Runs `work` when all that was asked for this account before is done, in this process. The account's lock would make
 * them wait all the same, but each with a connection of the pool, which then nobody else has, and at twice the cost.
 */
export function inTurn<T>(pool: pg.Pool, accountId: AccountId, work: () => Promise<T>): Promise<T> {
  const turns = turnsOf(pool);
  const mine = (turns.get(accountId) ?? Promise.resolve()).then(work);
  const over = mine.then(nothing, nothing).then(() => {
    if (turns.get(accountId) === over) turns.delete(accountId);
  });
  turns.set(accountId, over);
  return mine;
}

type Turns = Map<AccountId, Promise<void>>;

const all = new WeakMap<pg.Pool, Turns>();

function turnsOf(pool: pg.Pool): Turns {
  const turns = all.get(pool) ?? new Map();
  all.set(pool, turns);
  return turns;
}

const nothing = () => {};
