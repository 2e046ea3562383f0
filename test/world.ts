import { randomBytes } from "node:crypto";
import { pino } from "pino";
import type { Address, Hex } from "viem";
import { inject } from "vitest";
import type { Stand } from "../api/deps.ts";
import { readEnv } from "../api/env.ts";
import type { IndexedPayment } from "../api/indexed.ts";
import { type RunningServer, startServer } from "../api/server.ts";
import { base } from "../contracts/chains.ts";
import { FakeChain } from "./api/support/fake-chain.ts";
import { FakeIndexed } from "./api/support/fake-indexed.ts";
import { TestClock } from "./api/support/test-clock.ts";
import { startTestUpstream, type TestUpstream } from "./api/support/test-upstream.ts";
import { freshDatabase } from "./support/database.ts";

export const GATEWAY: Address = "0x1111111111111111111111111111111111111111";
export const MERCHANT: Address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
export const NATIVE: Address = "0x0000000000000000000000000000000000000000";
export const TOKEN: Address = "0xB8d7710f7d8349A506b75dD184F05777c82dAd0C";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared with literals, and a schema would say them twice
export type Answer = { status: number; headers: Headers; text: string; body: any };

export type Ask = { method?: string; session?: string; headers?: Record<string, string>; body?: string };

/** A whole shop: real HTTP, Postgres and upstream; clock, chain and index move only when a test moves them. */
export type World = {
  readonly url: string;
  readonly server: RunningServer;
  readonly clock: TestClock;
  readonly chain: FakeChain;
  readonly indexed: FakeIndexed;
  readonly upstream: TestUpstream;
  readonly databaseUrl: string;
  /** Lines of every server's log. */
  readonly logs: string[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** Puts an API on sale; fields as in POST /api/402/apis. */
  sell(fields?: Record<string, unknown>): Promise<string>;
  /** Pays a 402's `data` now, bound, or open by paying the session id itself. */
  pay(quote: QuoteData, how?: { open?: boolean; amount?: bigint; blockTime?: number }): IndexedPayment;
  /** A quote that was paid: its session id. */
  bought(apiId: string): Promise<string>;
  /** Another API process on the same database, chain and index. */
  sibling(env?: NodeJS.ProcessEnv, stand?: Stand): Promise<World>;
  close(): Promise<void>;
};

export type QuoteData = {
  session_id: Hex;
  payment_id: Hex;
  amount_wei: string;
  merchant_wallet: Address;
  token_address: Address;
  expires_at: string;
};

type Shared = Pick<World, "clock" | "chain" | "indexed" | "upstream" | "databaseUrl" | "logs">;
type StandOf = (shared: Shared) => Stand;
type Opened = Shared & { stand: Stand };

/** `stand` takes the place of more of the world outside, for siblings too. */
export async function createWorld(env: NodeJS.ProcessEnv = {}, stand: StandOf = () => ({})): Promise<World> {
  const upstream = await startTestUpstream();
  const clock = new TestClock();
  const shared: Shared = {
    clock,
    chain: new FakeChain(GATEWAY),
    indexed: new FakeIndexed(clock),
    upstream,
    databaseUrl: await freshDatabase(inject("pgUrl")),
    logs: [],
  };
  const keys = { SESSION_KEYS: randomBytes(32).toString("hex"), SECRETS_KEY: randomBytes(32).toString("hex") };
  const world = await open({ ...shared, stand: stand(shared) }, { ...keys, ...env });
  return {
    ...world,
    close: async () => {
      await world.close();
      await upstream.close();
    },
  };
}

async function open({ stand, ...shared }: Opened, env: NodeJS.ProcessEnv): Promise<World> {
  const { clock, chain, indexed, upstream, databaseUrl, logs } = shared;
  const reader = chain.reader;
  const log = pino({ level: "debug", base: null }, { write: (line) => logs.push(line) });
  const full = {
    DATABASE_URL: databaseUrl,
    GATEWAY_ADDRESS: GATEWAY,
    GATEWAY_START_BLOCK: "1",
    AVALANCHE_RPC_URL: "http://127.0.0.1:1",
    PORT: "0",
    UPSTREAM_ALLOW: upstream.host,
    RATE_LIMIT_PER_MIN: "100000",
    MASKED_RATE_LIMIT_PER_MIN: "1000000",
    ...env,
  };
  const chains = new Map([[43114, reader]]);
  if (env.BASE_RPC_URL) chains.set(base.id, chain.receiverReader);
  const server = await startServer(readEnv(full), { clock, log, indexed, chains, ...stand });
  const { url } = server;
  const siblings: World[] = [];
  const world: World = {
    ...shared,
    url,
    server,
    ask: (path, asked) => ask(url + path, asked),
    sell: (fields) => sell(world, fields),
    pay: (quote, how) => pay(world, quote, how),
    bought: async (apiId) => {
      const { body } = await world.ask(`/api/${apiId}`);
      world.pay(body.data);
      return body.data.session_id;
    },
    sibling: async (other = {}, otherStand = {}) => {
      const sibling = await open({ ...shared, stand: { ...stand, ...otherStand } }, { ...env, ...other });
      siblings.push(sibling);
      return sibling;
    },
    close: async () => {
      for (const sibling of siblings) await sibling.close();
      await server.stop();
    },
  };
  return world;
}

async function ask(url: string, { method, session, headers, body }: Ask = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: method ?? "GET",
    headers: { ...(session && { "X-402-Session": session }), ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

export const JSON_TYPE = { "Content-Type": "application/json" };

async function sell(world: World, fields: Record<string, unknown> = {}): Promise<string> {
  const body = JSON.stringify({ ...creation(world), ...fields });
  const answer = await world.ask("/api/402/apis", { method: "POST", headers: JSON_TYPE, body });
  if (answer.status !== 200) throw new Error(`not on sale: ${answer.text}`);
  return answer.body.apiId;
}

/** A good body of POST /api/402/apis. */
export const creation = ({ upstream }: Pick<World, "upstream">): Record<string, unknown> => ({
  p_name: "Weather",
  p_api_url: `${upstream.url}/json`,
  p_merchant_wallet: MERCHANT,
  p_token_address: NATIVE,
  p_amount_wei: "100000000000000000",
  p_valid_for_sec: 300,
  p_chain_id: 43114,
});

function pay(
  { indexed, clock }: World,
  quote: QuoteData,
  how: { open?: boolean; amount?: bigint; blockTime?: number } = {},
) {
  return indexed.add({
    onChainId: how.open ? quote.session_id : quote.payment_id,
    merchant: quote.merchant_wallet,
    token: quote.token_address,
    amount: how.amount ?? BigInt(quote.amount_wei),
    blockTime: how.blockTime ?? clock.nowSec,
  });
}
