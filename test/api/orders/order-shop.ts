import { expect } from "vitest";
import type { Stand } from "../../../api/deps.ts";
import { type Answer, createWorld, JSON_TYPE, type World } from "../../world.ts";
import { keyWith, type TestKey } from "../balance/key.ts";
import { AUDIT, ESCROW } from "./audit.ts";
import { createStandIn, type StandIn } from "./stand-in.ts";

export const PURCHASE = "/api/v1/customer/purchase";
export const OPERATOR_TOKEN = "operator-token-of-the-tests-0123456789";
/** A Discord number in Indonesia: $0.05 and 30%, up to the cent. */
export const PRICE = 70_000n;
export const DISCORD = { service: "discord", country: "id" };

export type OrderShop = {
  readonly world: World;
  readonly supplier: StandIn;
  /** An account of its own, with so much in it. */
  key(microUsd?: bigint, wish?: { capMicroUsd?: bigint }): Promise<TestKey>;
  purchase(by: TestKey, how?: { body?: unknown; headers?: Record<string, string>; at?: World }): Promise<Answer>;
  /** A number that waits for its code. */
  bought(by: TestKey, body?: unknown): Promise<{ id: string; activation: string }>;
  order(by: TestKey, id: string, how?: { headers?: Record<string, string>; at?: World }): Promise<Answer>;
  cancel(by: TestKey, id: string, at?: World): Promise<Answer>;
  operator(method: "GET" | "PUT", body?: unknown): Promise<Answer>;
  /** Lets time go by until the order is so. */
  becomes(by: TestKey, id: string, status: string): Promise<void>;
  /** Lets time go by until the supplier was asked so. */
  asked(what: string): Promise<void>;
  /** Lets time go by until that is done. */
  comes<T>(what: Promise<T>): Promise<T>;
  row(id: string): Promise<Record<string, unknown>>;
  /** Every order has its one hold, and once it has ended its one end in the ledger; nothing else is in escrow. */
  audit(): Promise<void>;
};

export const ENV = {
  OTP_SUPPLIER_URL: "http://127.0.0.1:9/stubs/handler_api.php",
  OTP_SUPPLIER_KEY: "key",
  OTP_CATALOG: "/nowhere.json",
  OTP_MARGIN_PERCENT: "30",
  OPERATOR_TOKEN,
};

export async function openOrderShop(stand: Stand = {}): Promise<OrderShop> {
  const supplier = createStandIn();
  const world = await createWorld(ENV, () => ({ otp: supplier, ...stand }));
  return shopOf(world, supplier);
}

let holders = 0;

export function shopOf(world: World, supplier: StandIn): OrderShop {
  const { pool } = world.server.deps.db;
  const post = (path: string, at: World, { headers, body }: { headers: Record<string, string>; body?: unknown }) =>
    at.ask(path, {
      method: "POST",
      headers: body === undefined ? headers : { ...JSON_TYPE, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const shop: OrderShop = {
    world,
    supplier,
    key: (microUsd = 10n * PRICE, wish = {}) =>
      keyWith(world, { microUsd, of: `0x${(0xacc0000 + ++holders).toString(16).padStart(40, "0")}`, ...wish }),
    purchase: (by, { body = DISCORD, headers = {}, at = world } = {}) =>
      post(PURCHASE, at, { headers: { ...by.headers, ...headers }, body }),
    bought: async (by, body) => {
      const answer = await shop.purchase(by, { body });
      if (answer.status !== 200) throw new Error(`not bought: ${answer.text}`);
      return { id: answer.body.order_id, activation: String(supplier.sold.at(-1)) };
    },
    order: (by, id, { headers = {}, at = world } = {}) =>
      at.ask(`/api/v1/customer/order/${id}`, { headers: { ...by.headers, ...headers } }),
    cancel: (by, id, at = world) => post(`/api/v1/customer/cancel/${id}`, at, { headers: by.headers }),
    operator: (method, body) =>
      world.ask("/api/v1/operator/sales/codes", {
        method,
        headers: { ...JSON_TYPE, Authorization: `Bearer ${OPERATOR_TOKEN}` },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    becomes: (by, id, status) => passing(world, async () => (await shop.order(by, id)).body.status, status),
    asked: (what) => passing(world, async () => supplier.asked.includes(what), true),
    comes: async (what) => {
      let isHere = false;
      const here = () => {
        isHere = true;
      };
      what.then(here, here);
      await passing(world, async () => isHere, true);
      return what;
    },
    row: async (id) => (await pool.query("select * from app.code_order where order_id = $1", [id])).rows[0],
    audit: async () => {
      const { rows } = await pool.query(AUDIT);
      expect(rows).toEqual([]);
      const { rows: escrow } = await pool.query(ESCROW);
      expect(escrow[0].held).toBe(escrow[0].open);
    },
  };
  return shop;
}

/** Lets seconds go by until it is so. */
export function passing<T>(world: World, see: () => Promise<T>, wanted: T): Promise<void> {
  return expect
    .poll(
      async () => {
        const seen = await see();
        if (seen !== wanted) world.clock.advance(1);
        return seen;
      },
      { interval: 20, timeout: 15_000 },
    )
    .toBe(wanted);
}

/** A wait that nobody but a held request of a test would ask for. */
export const WAIT_SEC = 29;
export const HELD = { Prefer: `wait=${WAIT_SEC}` };

/** Counts the requests that are held for `WAIT_SEC` at this moment, in every process of the world. */
export function heldRequests({ clock }: World): () => number {
  const { sleep } = clock;
  let held = 0;
  clock.sleep = (ms, signal) => {
    if (ms !== WAIT_SEC * 1000) return sleep(ms, signal);
    held++;
    return sleep(ms, signal).finally(() => {
      held--;
    });
  };
  return () => held;
}
