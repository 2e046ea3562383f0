import { randomUUID } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { freshKey } from "../../../../api/identity/api-key.ts";
import { balanceOf, deposit, openAccount } from "../../../../api/ledger.ts";
import { openBalance } from "../../../../api/payments/balance/balance.ts";
import { buy } from "../../../../api/payments/balance/buy.ts";
import { releaseLostNumbers } from "../../../../api/products/numbers/give-back.ts";
import { collectEvents } from "../../../../api/providers/phone/collect.ts";
import { freshDatabase } from "../../../support/database.ts";
import { createDice } from "../../bad-requests/dice.ts";
import { mortal } from "../mortal.ts";
import { CHAIN_ID, createPhoneWorld, type PhoneWorld, wallet } from "../phone-world.ts";
import { createRecklessCarrier, type RecklessCarrier } from "./reckless-carrier.ts";

/** A shop whose processes are killed at any moment, with a carrier that does what carriers do. */
export type RandomShop = {
  readonly carrier: RecklessCarrier;
  readonly pool: PhoneWorld["pool"];
  /** How many processes were killed. */
  readonly killed: () => number;
  /** `processes` at once, each with some purchases, the worker's rounds and perhaps a sudden end; then some time goes by. */
  round(wish: { processes: number; purchases: number }): Promise<void>;
  /** Processes that live on, until nothing is open. */
  drain(): Promise<void>;
  balance(): Promise<bigint>;
  close(): Promise<void>;
};

export const DEPOSIT_MICRO_USD = 10_000_000_000_000n;

const EXAMPLES: Readonly<Record<string, unknown>> = {
  "sms.send": { to: "+447700900123", message: "hello" },
  "numbers.buy.us": { country: "US" },
};

export async function openRandomShop(seed: number, options: { isHasty?: boolean } = {}): Promise<RandomShop> {
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  const world = await createPhoneWorld({ databaseUrl });
  // What is judged is read without the shop's own impatience with a busy database.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const dice = createDice(seed);
  const carrier = createRecklessCarrier(world.clock, dice, options);
  const by = await holder(world);
  let killed = 0;
  const processOf = (isMortal: boolean) => {
    const death = {
      step: isMortal ? 1 + dice.roll(300) : Number.POSITIVE_INFINITY,
      when: dice.pick(["before", "after"] as const),
    };
    const { deps, lived } = mortal({ ...world.deps, phone: carrier }, death);
    const stopping = new AbortController().signal;
    const sales = ["sms.send", "numbers.buy.us"].map((id) => world.sale(id, deps));
    return { deps: { ...deps, stopping }, lived, till: openBalance({ ...deps, stopping, sales }), sales };
  };
  const live = async (isMortal: boolean, purchases: number) => {
    const { deps, lived, till, sales } = processOf(isMortal);
    const buying = Array.from({ length: purchases }, () => {
      const sale = dice.once(8) ? sales[1] : sales[0];
      if (!sale) throw new Error("nothing to sell");
      return buy(deps, { sale, call: world.call(EXAMPLES[sale.id]), by });
    });
    const working = [till.reconcile(), collectEvents(deps), releaseLostNumbers(deps)];
    await Promise.allSettled([...buying, ...working]);
    if (!lived()) killed++;
  };
  const open = async () => {
    const { rows } = await pool.query("select count(*)::int as n from app.balance_order where state = 'held'");
    return rows[0].n as number;
  };
  return {
    carrier,
    pool,
    killed: () => killed,
    round: async ({ processes, purchases }) => {
      await Promise.all(Array.from({ length: processes }, () => live(!dice.once(4), purchases)));
      world.clock.advance(dice.pick([1, 2, 5, 30, 70]));
    },
    drain: async () => {
      for (let rounds = 0; (await open()) > 0; rounds++) {
        if (rounds === 10_000) throw new Error("orders stay open");
        await live(false, 0);
        world.clock.advance(61);
      }
      await live(false, 0);
    },
    balance: () => balanceOf(pool, by.accountId),
    close: async () => {
      await pool.end();
      await world.close();
    },
  };
}

async function holder({ pool, clock }: PhoneWorld) {
  const holder = { address: wallet.address, chainId: CHAIN_ID };
  const accountId = await openAccount(pool, holder);
  const at = new Date(clock.nowMs());
  const payer = holder.address;
  await deposit(pool, {
    cause: randomUUID(),
    accountId,
    payer,
    chainId: CHAIN_ID,
    amountMicroUsd: DEPOSIT_MICRO_USD,
    at,
  });
  const { hash, shown } = freshKey();
  const keyId = randomUUID();
  await pool.query(
    `insert into app.api_key (key_id, account_id, hash, shown, name, may_manage, created_at)
     values ($1, $2, $3, $4, 'test', true, $5)`,
    [keyId, accountId, hash, shown, at],
  );
  return { keyId, accountId, holder, mayManage: true };
}
