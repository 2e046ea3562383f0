import type { PaymentRequirements } from "@x402/core/types";
import type { LocalAccount } from "viem";
import { expect } from "vitest";
import { type Answer, JSON_TYPE, type World } from "../../world.ts";
import { type Counter, openCounter, quoteOf } from "../x402/counter.ts";
import { headerV1, headerV2, type Signed, signed, type Wish } from "../x402/payer.ts";

export const TOP_UP = "/api/v1/x402/topup";
export const KEY = /^tpk_[\w-]{43}$/;

/** A top-up that was signed: what was asked for, and for what body. */
export type Signing = { readonly body?: unknown; readonly accepted: PaymentRequirements; readonly signed: Signed };

export type Sending = {
  dialect?: 1 | 2;
  headers?: Record<string, string>;
  more?: Parameters<typeof headerV2>[2];
  at?: World;
};

/** A counter, and what top-ups need of it. */
export type Till = Counter & {
  ask402(body?: unknown, query?: string): Promise<Answer>;
  signTopUp(wish?: Partial<Wish> & { body?: unknown }): Promise<Signing>;
  send(signing: Signing, how?: Sending): Promise<Answer>;
  topUp(wish?: Partial<Wish> & { body?: unknown }, how?: Sending): Promise<Answer>;
};

export async function openTill(env: NodeJS.ProcessEnv = {}): Promise<Till> {
  const counter = await openCounter(env);
  const { world } = counter;
  const till: Till = {
    ...counter,
    ask402: (body, query = "") => world.ask(TOP_UP + query, { method: "POST", ...jsonOf(body) }),
    signTopUp: async ({ body, ...wish } = {}) => {
      const accepted = quoteOf(await till.ask402(body));
      return { body, accepted, signed: await signed(accepted, { nowSec: world.clock.nowSec, ...wish }) };
    },
    send: ({ body, accepted, signed: payload }, { dialect = 2, headers, more, at = world } = {}) => {
      const payment = dialect === 2 ? headerV2(accepted, payload, more) : headerV1(payload);
      const { headers: type, ...rest } = jsonOf(body);
      return at.ask(TOP_UP, { method: "POST", ...rest, headers: { ...type, ...payment, ...headers } });
    },
    topUp: async (wish, how) => till.send(await till.signTopUp(wish), how),
  };
  return till;
}

const jsonOf = (body: unknown) => (body === undefined ? {} : { headers: JSON_TYPE, body: JSON.stringify(body) });

/** Answers to copies that were sent at once: whoever finds the order before it is worked on looks again a little later. */
export async function copies({ world }: Pick<Counter, "world">, asked: Promise<Answer>[]): Promise<Answer[]> {
  let isOver = false;
  const all = Promise.all(asked).finally(() => {
    isOver = true;
  });
  const passing = () => {
    if (!isOver) world.clock.advance(0.1);
    return isOver;
  };
  await expect.poll(passing, { interval: 50, timeout: 20_000 }).toBe(true);
  return all;
}

/** What the ledger says of a wallet's account on Base. */
export async function ledgerBalance({ world }: Pick<Counter, "world">, { address }: Pick<LocalAccount, "address">) {
  const { rows } = await world.server.deps.db.pool.query<{ balance: string }>(
    `select coalesce(sum(case when e.credit_id = a.account_id then e.amount_micro_usd else -e.amount_micro_usd end), 0) as balance
     from app.account a join app.ledger_entry e on a.account_id in (e.credit_id, e.debit_id)
     where a.address = lower($1) and a.chain_id = 8453 and e.kind <> 'carry'`,
    [address],
  );
  return BigInt(rows[0]?.balance ?? 0);
}
