import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { type OtpSupplier, startOtpSupplier } from "../../dev/otp-supplier/server.ts";
import { keyWith, type TestKey } from "../api/balance/key.ts";
import { AUDIT, ESCROW } from "../api/orders/audit.ts";
import { CATALOG } from "../api/otp/counter.ts";
import { freshDatabase } from "../support/database.ts";
import type { Word } from "./mortal-code-api.ts";

/** Everything between two of which a process can end, in the order in which it is done. */
const ENDING = ["codes-end", "ledger-post", "emit", "announce", "commit announce"];
const STEPS = {
  purchase: [
    ...["codes-add", "codes-refusal", "ledger-hold", "ledger-balance", "commit ledger-balance"],
    ...["buy bought", "codes-sold", "everything but the answer"],
  ],
  receive: ["status received", ...ENDING, "finish done", "codes-paid-up"],
  cancel: ["codes-cancel", "cancel cancelled", ...ENDING, "everything but the answer"],
  expire: ["cancel cancelled", ...ENDING],
} as const;

const WANTED = { service: "discord", country: "id" };

type Api = { child: ChildProcess; url: string };

let supplier: OtpSupplier;
let database: pg.Pool;
let env: NodeJS.ProcessEnv;
let key: TestKey;
let api: Api;
let aheadMs = 0;
const clock = { nowMs: () => Date.now() + aheadMs };

beforeAll(async () => {
  supplier = await startOtpSupplier({ clock, earlyCancelSec: 0 });
  supplier.order({ code: "never", times: 1_000 });
  const databaseUrl = await freshDatabase(inject("pgUrl"));
  env = {
    PATH: process.env.PATH,
    DATABASE_URL: databaseUrl,
    PORT: "0",
    AVALANCHE_RPC_URL: "http://127.0.0.1:1",
    GATEWAY_ADDRESS: "0x1111111111111111111111111111111111111111",
    GATEWAY_START_BLOCK: "1",
    SESSION_KEYS: randomBytes(32).toString("hex"),
    SECRETS_KEY: randomBytes(32).toString("hex"),
    RATE_LIMIT_PER_MIN: "100000",
    OTP_SUPPLIER_URL: supplier.url,
    OTP_SUPPLIER_KEY: supplier.key,
    OTP_CATALOG: CATALOG,
    LOG_LEVEL: "silent",
  };
  api = await live();
  database = new pg.Pool({ connectionString: databaseUrl });
  const world = { server: { deps: { db: { pool: database } } }, clock };
  key = await keyWith(world as never, { microUsd: 1_000_000_000n });
});
afterAll(async () => {
  api?.child.kill("SIGKILL");
  await database?.end();
  await supplier?.close();
});

async function live(): Promise<Api> {
  const program = path.join(import.meta.dirname, "mortal-code-api.ts");
  const stdio: ("ignore" | "inherit" | "ipc")[] = ["ignore", "ignore", "inherit", "ipc"];
  const child = spawn(process.execPath, [program], { env: { ...env, AHEAD_MS: String(aheadMs) }, stdio });
  const [{ url }] = (await once(child, "message")) as [{ url: string }];
  return { child, url };
}

async function tell(word: Word): Promise<void> {
  const heard = once(api.child, "message");
  api.child.send(word);
  await heard;
}

/** Has the process die after `step` of `work`, and lives on in another one a minute and a half later. */
async function killed(step: string, work: () => Promise<unknown>): Promise<void> {
  await tell({ dieAfter: step });
  await Promise.allSettled([work()]);
  await expect.poll(() => api.child.signalCode, { timeout: 20_000 }).toBe("SIGKILL");
  aheadMs += 90_000;
  api = await live();
}

async function passTime(sec: number): Promise<void> {
  aheadMs += sec * 1_000;
  await tell({ aheadMs });
}

const ask = (method: string, way: string, more: { headers?: Record<string, string>; body?: unknown } = {}) =>
  fetch(`${api.url}/api/v1/customer/${way}`, {
    method,
    headers: { ...key.headers, "Content-Type": "application/json", ...more.headers },
    ...(more.body !== undefined && { body: JSON.stringify(more.body) }),
  });

async function purchase(name: string) {
  const response = await ask("POST", "purchase", { headers: { "Idempotency-Key": name }, body: WANTED });
  return { status: response.status, body: await bodyOf(response) };
}

const bodyOf = async (response: Response) => (await response.json()) as Record<string, string | boolean | null>;

type Row = { order_id: string; state: string; owed: string | null; activation_id: string | null; code: string | null };

async function rowBy(column: "idempotency_key" | "order_id", value: string): Promise<Row | undefined> {
  const { rows } = await database.query<Row>(`select * from app.code_order where ${column} = $1`, [value]);
  return rows[0];
}

async function bought(): Promise<Row> {
  const { status, body } = await purchase(randomUUID());
  expect([status, body.error]).toEqual([200, undefined]);
  return (await rowBy("order_id", String(body.order_id))) as Row;
}

const becomes = (id: string, state: string) =>
  expect
    .poll(
      async () => {
        const row = await rowBy("order_id", id);
        return [row?.state, row?.owed];
      },
      { timeout: 15_000, interval: 50 },
    )
    .toEqual([state, null]);

afterEach(async () => {
  expect((await database.query(AUDIT)).rows).toEqual([]);
  const { rows } = await database.query(ESCROW);
  expect(rows[0].held).toBe(rows[0].open);
});

describe.each(STEPS.purchase)("a purchase whose process is killed after: %s", (step) => {
  it("ends bought or paid back, and is told as it ended", async () => {
    const before = await key.balance();
    const name = randomUUID();
    await killed(step, () => purchase(name));
    await expect
      .poll(async () => (await rowBy("idempotency_key", name))?.state, { timeout: 15_000 })
      .not.toBe("buying");
    const again = await purchase(name);
    const row = (await rowBy("idempotency_key", name)) as Row;
    const isSold = row.state === "waiting";
    expect([again.status, isSold ? again.body.order_id : again.body.error]).toEqual(
      isSold ? [200, row.order_id] : [502, "provider_failed"],
    );
    if (isSold) expect((await ask("POST", `cancel/${row.order_id}`)).status).toBe(200);
    expect(await key.balance()).toBe(before);
    // Past the cooldown.
    await passTime(120);
  });
});

describe.each(STEPS.receive)("a code that comes while its process is killed after: %s", (step) => {
  it("is charged once and can be read", async () => {
    const { order_id, activation_id } = await bought();
    const before = await key.balance();
    await killed(step, async () => supplier.deliver(String(activation_id), "your code is 271828"));
    await becomes(order_id, "received");
    const body = await bodyOf(await ask("GET", `order/${order_id}`));
    expect([body.sms_received, body.code, body.sms_text]).toEqual([true, "271828", "your code is 271828"]);
    expect(await key.balance()).toBe(before);
  });
});

describe.each(STEPS.cancel)("a cancel whose process is killed after: %s", (step) => {
  it("pays back once, and the number goes back", async () => {
    const before = await key.balance();
    const { order_id, activation_id } = await bought();
    await killed(step, () => ask("POST", `cancel/${order_id}`));
    const answer = await ask("POST", `cancel/${order_id}`);
    expect([answer.status, (await bodyOf(answer)).status]).toEqual([200, "cancelled"]);
    await becomes(order_id, "cancelled");
    expect(supplier.activations().find(({ id }) => id === activation_id)?.state).toBe("cancelled");
    expect(await key.balance()).toBe(before);
    await passTime(120);
  });
});

describe.each(STEPS.expire)("a time-out whose process is killed after: %s", (step) => {
  it("pays back once, and the number goes back", async () => {
    const before = await key.balance();
    const { order_id, activation_id } = await bought();
    await killed(step, () => passTime(600));
    await becomes(order_id, "expired");
    expect(["cancelled", "expired"]).toContain(supplier.activations().find(({ id }) => id === activation_id)?.state);
    expect(await key.balance()).toBe(before);
  });
});

describe("after all of that", () => {
  it("nothing is held, and every number that the supplier sold is known or written down as lost", async () => {
    const { rows } = await database.query("select order_id from app.code_order where ended_at is null");
    expect(rows).toEqual([]);
    const { rows: known } = await database.query("select activation_id from app.code_order");
    const { rows: lost } = await database.query("select from app.code_order where lost_at is not null");
    const stray = supplier.activations().filter(({ id }) => !known.some((row) => row.activation_id === id));
    expect(stray.length).toBeLessThanOrEqual(lost.length);
    expect(stray.length).toBeGreaterThan(0);
  });
});
