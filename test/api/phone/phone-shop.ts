import { randomBytes } from "node:crypto";
import { decodePaymentRequiredHeader, encodePaymentSignatureHeader } from "@x402/core/http";
import { pino } from "pino";
import type { Address, Hex } from "viem";
import { inject, vi } from "vitest";
import { readEnv } from "../../../api/env.ts";
import { typedDataOf } from "../../../api/providers/facilitator/signed-by-key.ts";
import type { Facilitator } from "../../../api/providers/facilitator.ts";
import { addInbound } from "../../../api/providers/phone/sandbox/events.ts";
import { type RunningServer, startServer } from "../../../api/server.ts";
import { base } from "../../../contracts/chains.ts";
import { freshDatabase } from "../../support/database.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { FakeIndexed } from "../support/fake-indexed.ts";
import { TestClock } from "../support/test-clock.ts";
import { strangerWallet, merchantWallet as wallet } from "../support/wallet.ts";

export { strangerWallet, wallet };

// biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals, and a schema would say them twice
type Answer = { status: number; headers: Headers; body: any };
type Ask = { method?: string; headers?: Record<string, string>; body?: unknown };

/** A whole shop behind HTTP with the sandbox carrier; whatever a wallet signs is taken for a payment of USDC. */
export type PhoneShop = {
  readonly server: RunningServer;
  readonly clock: TestClock;
  /** Payments that reached the chain. */
  readonly settled: Hex[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Asks for the price, of another body where one is given, and pays it. */
  pay(path: string, body: unknown, how?: Partial<Omit<Paying, "path" | "body">>): Promise<Answer>;
  signIn(account?: typeof wallet): Promise<Record<string, string>>;
  /** A US line of `wallet`. */
  line(texts?: number): Promise<string>;
  receive(message: { from: string; to: string; text: string }): Promise<void>;
  /** What `look` sees once that is as expected, while time goes by and the worker works. */
  inTime<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T>;
  sibling(): Promise<PhoneShop>;
  close(): Promise<void>;
};

type Shared = { databaseUrl: string; clock: TestClock; indexed: FakeIndexed; settled: Hex[] };

export async function createPhoneShop(env: NodeJS.ProcessEnv = {}): Promise<PhoneShop> {
  const clock = new TestClock();
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  return openShop({ databaseUrl, clock, indexed: new FakeIndexed(clock), settled: [] }, env);
}

const GATEWAY = "0x1111111111111111111111111111111111111111";
const RECEIVER = "0x2222222222222222222222222222222222222222";

async function openShop(shared: Shared, env: NodeJS.ProcessEnv): Promise<PhoneShop> {
  const { clock, databaseUrl, indexed, settled } = shared;
  const chain = new FakeChain(GATEWAY).reader;
  const full = {
    DATABASE_URL: databaseUrl,
    SESSION_KEYS: "11".repeat(32),
    SECRETS_KEY: "22".repeat(32),
    GATEWAY_ADDRESS: GATEWAY,
    GATEWAY_START_BLOCK: "1",
    AVALANCHE_RPC_URL: "http://127.0.0.1:1",
    BASE_RPC_URL: "http://127.0.0.1:1",
    RECEIVER_ADDRESS: RECEIVER,
    RECEIVER_START_BLOCK: "1",
    FACILITATOR_URL: "http://127.0.0.1:1",
    PHONE_CARRIER: "sandbox",
    PORT: "0",
    RATE_LIMIT_PER_MIN: "100000",
    ...env,
  };
  const server = await startServer(readEnv(full), {
    clock,
    log: pino({ level: "silent" }),
    indexed,
    chains: new Map([43114, 8453].map((id) => [id, chain])),
    facilitator: believer(shared),
  });
  const siblings: PhoneShop[] = [];
  const shop: PhoneShop = {
    server,
    clock,
    settled,
    ask: (path, asked) => ask(server.url + path, asked),
    post: (path, body, headers = {}) => shop.ask(path, { method: "POST", headers, body }),
    pay: (path, body, how) => pay(shop, { path, body, ...how }),
    signIn: (account = wallet) => signIn(shop, account),
    line: (texts) => buyLine(shop, texts),
    receive: async (message) => {
      await addInbound(server.deps.db.pool, message, new Date(clock.nowMs()));
    },
    inTime: (look, isSo) =>
      vi.waitFor(async () => {
        clock.advance(1);
        const seen = await look();
        if (!isSo(seen)) throw new Error(`still ${JSON.stringify(seen)}`);
        return seen;
      }, 10_000),
    sibling: async () => {
      const sibling = await openShop(shared, env);
      siblings.push(sibling);
      return sibling;
    },
    close: async () => {
      for (const one of [...siblings.map(({ close }) => close), () => server.stop()]) await one();
    },
  };
  return shop;
}

/** A facilitator that takes every signature for good, and a chain that has mined it at once. */
function believer({ indexed, settled }: Shared): Facilitator {
  return {
    verify: async () => ({ ok: true }),
    settle: async ({ payload }) => {
      const { from: payer, nonce, value } = payload.authorization as { from: Address; nonce: Hex; value: string };
      const { txHash } = indexed.addSettlement({ payer, nonce, amount: BigInt(value), isFinal: true });
      settled.push(nonce);
      return { ok: true, txHash };
    },
    balanceOf: async () => undefined,
    health: async () => true,
    close: async () => {},
  };
}

async function ask(url: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...(body !== undefined && { "Content-Type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

type Paying = {
  path: string;
  body: unknown;
  pricedBy?: unknown;
  payer?: typeof wallet;
  headers?: Record<string, string>;
};

async function pay(shop: PhoneShop, paying: Paying): Promise<Answer> {
  const { path, body, pricedBy = body, payer = wallet, headers = {} } = paying;
  const { headers: price } = await shop.post(path, pricedBy);
  const { accepts } = decodePaymentRequiredHeader(price.get("payment-required") ?? "");
  const accepted = accepts[0] as (typeof accepts)[number];
  const authorization = {
    from: payer.address,
    to: accepted.payTo,
    value: accepted.amount,
    validAfter: "0",
    validBefore: String(shop.clock.nowSec + accepted.maxTimeoutSeconds),
    nonce: `0x${randomBytes(32).toString("hex")}`,
  };
  const payload = { authorization, signature: await payer.signTypedData(typedDataOf(authorization, base)) };
  const header = encodePaymentSignatureHeader({ x402Version: 2, accepted, payload });
  return shop.post(path, body, { ...headers, "Payment-Signature": header });
}

async function signIn(shop: PhoneShop, account: typeof wallet): Promise<Record<string, string>> {
  const { body } = await shop.ask(`/api/v1/auth/siwe?address=${account.address}&chainId=8453`);
  const signature = await account.signMessage({ message: body.message });
  const signed = await shop.post("/api/v1/auth/siwe", { message: body.message, signature });
  return { Authorization: `Bearer ${signed.body.token}` };
}

async function buyLine(shop: PhoneShop, texts: number | undefined): Promise<string> {
  const { body } = await shop.pay("/api/v1/numbers/buy/us", { country: "US" });
  if (texts !== undefined)
    await shop.server.deps.db.pool.query("update app.lease set included_texts_left = $1 where phone_number = $2", [
      texts,
      body.phoneNumber,
    ]);
  return body.phoneNumber;
}
