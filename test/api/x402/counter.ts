import { decodePaymentRequiredHeader, decodePaymentResponseHeader } from "@x402/core/http";
import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import type { LocalAccount } from "viem";
import { expect } from "vitest";
import { type Answer, createWorld, JSON_TYPE, type World } from "../../world.ts";
import { FakeFacilitator } from "./fake-facilitator.ts";
import { headerV1, headerV2, type Signed, signed, type Wish } from "./payer.ts";
import { createTestSales, GREETING, type TestSales } from "./sales.ts";

export const RECEIVER = "0x2222222222222222222222222222222222222222";

/** A shop that sells test sales per call, with a fake Base behind it. */
export type Counter = {
  readonly world: World;
  readonly sales: TestSales;
  readonly facilitator: FakeFacilitator;
  /** What a path asks for now. */
  quote(path?: string): Promise<PaymentRequirements>;
  /** Signs a payment for what a path asks. */
  sign(wish?: Partial<Wish>, path?: string): Promise<Paying>;
  /** Sends a payment, with a good body by default. */
  pay(paying: Paying, how?: How): Promise<Answer>;
  buy(path?: string, how?: How): Promise<Answer>;
  balanceOf(payer: LocalAccount): Promise<Answer>;
};

export type Paying = { accepted: PaymentRequirements; signed: Signed };

export type How = {
  path?: string;
  body?: unknown;
  dialect?: 1 | 2;
  more?: Partial<PaymentPayload>;
  headers?: Record<string, string>;
  at?: World;
};

export const NAME = { name: "ada" };

export async function openCounter(env: NodeJS.ProcessEnv = {}): Promise<Counter> {
  const sales = createTestSales();
  let facilitator: FakeFacilitator | undefined;
  const receiver = { BASE_RPC_URL: "http://127.0.0.1:1", RECEIVER_ADDRESS: RECEIVER, RECEIVER_START_BLOCK: "1" };
  const world = await createWorld({ ...receiver, SETTLER_KEY: "11".repeat(32), ...env }, ({ indexed, chain }) => {
    const carrier = new FakeFacilitator(indexed);
    facilitator = carrier;
    chain.isUsed = (payer, nonce) => carrier.taken.has(`${payer}|${nonce}`);
    return { sales: sales.all, facilitator };
  });
  const counter: Counter = {
    world,
    sales,
    facilitator: facilitator as FakeFacilitator,
    quote: async (path = GREETING) => quoteOf(await world.ask(path, { method: "POST" })),
    sign: async (wish, path) => {
      const accepted = await counter.quote(path);
      return { accepted, signed: await signed(accepted, { nowSec: world.clock.nowSec, ...wish }) };
    },
    pay: (paying, { path = GREETING, body = NAME, dialect = 2, more, headers, at = world } = {}) => {
      const payment = dialect === 2 ? headerV2(paying.accepted, paying.signed, more) : headerV1(paying.signed);
      const all = { ...JSON_TYPE, ...payment, ...headers };
      return at.ask(path, { method: "POST", headers: all, body: JSON.stringify(body) });
    },
    buy: async (path = GREETING, how = {}) => counter.pay(await counter.sign({}, path), { path, ...how }),
    balanceOf: async (payer) => world.ask("/api/v1/balance", { headers: await signedInAs(world, payer) }),
  };
  return counter;
}

/** Lets time go by, and the workers of all processes do their rounds, until what is looked at is as expected. */
export const rounds = <T>({ world }: Pick<Counter, "world">, look: () => T | Promise<T>, stepSec = 1) =>
  expect.poll(
    async () => {
      world.clock.advance(stepSec);
      return look();
    },
    { interval: 20, timeout: 20_000 },
  );

export const quoteOf = ({ headers }: Answer): PaymentRequirements =>
  decodePaymentRequiredHeader(headers.get("payment-required") as string).accepts[0] as PaymentRequirements;

export const receiptOf = ({ headers }: Answer) =>
  decodePaymentResponseHeader((headers.get("payment-response") ?? headers.get("x-payment-response")) as string);

/** Headers of a request that `payer` has signed in for. */
export async function signedInAs(world: World, payer: LocalAccount): Promise<Record<string, string>> {
  const { body } = await world.ask(`/api/v1/auth/siwe?address=${payer.address}&chainId=43114`);
  const signature = await payer.signMessage({ message: body.message });
  const request = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ message: body.message, signature }) };
  const answer = await world.ask("/api/v1/auth/siwe", request);
  return { ...JSON_TYPE, Authorization: `Bearer ${answer.body.token}` };
}

/** Answers, while time passes at its usual pace: a copy that comes before its winner is at work waits by the clock. */
export async function inTime<T>({ world }: Pick<Counter, "world">, asking: readonly Promise<T>[]): Promise<T[]> {
  const passing = setInterval(() => world.clock.advance(0.05), 50);
  try {
    return await Promise.all(asking);
  } finally {
    clearInterval(passing);
  }
}
