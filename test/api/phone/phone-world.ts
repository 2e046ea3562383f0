import { randomUUID } from "node:crypto";
import type pg from "pg";
import { type Logger, pino } from "pino";
import type { PrivateKeyAccount } from "viem/accounts";
import { inject } from "vitest";
import { type Db, openDb } from "../../../api/db.ts";
import { issueNonce, signIn } from "../../../api/identity/siwe.ts";
import { numberSales } from "../../../api/products/numbers/sales.ts";
import { smsSale } from "../../../api/products/sms/send.ts";
import { collectEvents } from "../../../api/providers/phone/collect.ts";
import { addInbound } from "../../../api/providers/phone/sandbox/events.ts";
import { type Fault, orderFault } from "../../../api/providers/phone/sandbox/faults.ts";
import { openPhone, type PhoneProvider } from "../../../api/providers/phone.ts";
import type { Call, JsonObject, Order, Sale } from "../../../api/sale.ts";
import { freshDatabase } from "../../support/database.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { TestClock } from "../support/test-clock.ts";
import { strangerWallet, merchantWallet as wallet } from "../support/wallet.ts";

export { strangerWallet, wallet };

/** Numbers and texts without the shop around them: sales are bought by calling them as a way to pay would. */
export type PhoneWorld = {
  readonly deps: PhoneWorldDeps;
  readonly clock: TestClock;
  readonly pool: pg.Pool;
  sale(id: string, deps?: PhoneWorldDeps): Sale;
  call(body: unknown, authorization?: string): Call;
  /** What a way to pay makes of a paid call. */
  order(sale: Sale, input: JsonObject, payer?: PrivateKeyAccount): Order;
  /** Prepared, paid and fulfilled. */
  buy(id: string, body: unknown, how?: { authorization?: string; payer?: PrivateKeyAccount }): Promise<JsonObject>;
  signIn(account?: PrivateKeyAccount): Promise<string>;
  /** A line of `wallet`, with as many included texts as given. */
  line(texts?: number): Promise<string>;
  fault(fault: Fault & { target?: string; times?: number }): Promise<void>;
  /** Somebody outside writes to a number, and it is taken in. */
  receive(message: { from: string; to: string; text: string }): Promise<void>;
  collect(): Promise<void>;
  /** Texts that the carrier has accepted for this recipient. */
  carried(to: string): Promise<number>;
  /** Another process on the same database. */
  sibling(): Promise<PhoneWorld>;
  close(): Promise<void>;
};

export type PhoneWorldDeps = {
  db: Db;
  clock: TestClock;
  log: Logger;
  phone: PhoneProvider;
  publicUrl: string;
  chains: ReadonlyMap<number, FakeChain["reader"]>;
  providerName: string;
  receiver: undefined;
};

export const CHAIN_ID = 8453;
export const DAY = 24 * 3600;

export async function createPhoneWorld(shared: { databaseUrl?: string; clock?: TestClock } = {}): Promise<PhoneWorld> {
  const databaseUrl = shared.databaseUrl ?? (await freshDatabase(inject("pgUrl")));
  const clock = shared.clock ?? new TestClock();
  const log = pino({ level: "silent" });
  const db = await openDb(databaseUrl, log);
  const phone = (await openPhone(
    { carrier: "sandbox" },
    { db, clock, log, publicUrl: "http://127.0.0.1:8402" },
  )) as PhoneProvider;
  const chains = new Map([[CHAIN_ID, new FakeChain("0x1111111111111111111111111111111111111111").reader]]);
  const site = { publicUrl: "http://127.0.0.1:8402", providerName: "turnpike", receiver: undefined };
  const deps = { db, clock, log, phone, chains, ...site };
  const world = worldOf(deps);
  const siblings: PhoneWorld[] = [];
  return {
    ...world,
    sibling: async () => {
      const sibling = await createPhoneWorld({ databaseUrl, clock });
      siblings.push(sibling);
      return sibling;
    },
    close: async () => {
      for (const sibling of siblings) await sibling.close();
      await db.close();
    },
  };
}

function worldOf(deps: PhoneWorldDeps): Omit<PhoneWorld, "sibling" | "close"> {
  const { db, clock } = deps;
  const sale = (id: string, given = deps) =>
    [...numberSales(given), smsSale(given)].find((one) => one.id === id) as Sale;
  const call = (body: unknown, authorization?: string): Call => ({
    requestId: "test",
    body,
    query: new URLSearchParams(),
    authorization,
  });
  const buy: PhoneWorld["buy"] = async (id, body, { authorization, payer = wallet } = {}) => {
    const bought = sale(id);
    const buyer = { payer: payer.address, chainId: CHAIN_ID };
    const input = await bought.prepare(call(body, authorization), buyer);
    return bought.fulfil(orderOf(bought, input, payer));
  };
  const collect = () => collectEvents(deps);
  return {
    deps,
    clock,
    pool: db.pool,
    sale,
    call,
    order: orderOf,
    buy,
    signIn: (account) => signedIn(deps, account),
    line: async (texts) => {
      const { phoneNumber } = await buy("numbers.buy.us", { country: "US" });
      if (texts !== undefined)
        await db.pool.query("update app.lease set included_texts_left = $1 where phone_number = $2", [
          texts,
          phoneNumber,
        ]);
      return String(phoneNumber);
    },
    fault: (fault) => orderFault(db.pool, fault),
    receive: async (message) => {
      await addInbound(db.pool, message, new Date(clock.nowMs()));
      await collect();
    },
    collect,
    carried: async (to) => {
      const { rows } = await db.pool.query("select count(*)::int as n from carrier.message where recipient = $1", [to]);
      return rows[0].n;
    },
  };
}

function orderOf(sale: Sale, input: JsonObject, payer: PrivateKeyAccount = wallet): Order {
  return { id: randomUUID(), payer: payer.address, chainId: CHAIN_ID, input, priceMicroUsd: sale.priceMicroUsd };
}

async function signedIn(deps: PhoneWorldDeps, account: PrivateKeyAccount = wallet): Promise<string> {
  const { message } = await issueNonce(deps, { address: account.address, chainId: String(CHAIN_ID) });
  const { token } = await signIn(deps, { message, signature: await account.signMessage({ message }) });
  return `Bearer ${token}`;
}
