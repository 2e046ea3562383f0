import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyWith, type TestKey } from "../balance/key.ts";
import { strangerWallet } from "../support/wallet.ts";
import { type Counter, NAME, openCounter } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { GREETING, PRICE } from "../x402/sales.ts";
import { callAt, paid, type Saying } from "./room.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

const keyOf = (microUsd: bigint, of = wallet().address) => keyWith(counter.world, { microUsd, of });
const secretOf = ({ headers }: TestKey): string => headers["X-API-Key"] as string;
const greet = (saying: Saying, args: object = NAME) => callAt(counter.world)("test_greeting", args, saying);
const GREETED = { success: true, greeting: "hello ada" };

describe("an API key", () => {
  it.each([
    ["X-API-Key", (key: string): Saying => ({ headers: { "X-API-Key": key } })],
    ["Authorization", (key: string): Saying => ({ headers: { Authorization: `Bearer ${key}` } })],
    ["_meta", (key: string): Saying => ({ meta: { "turnpike/api-key": key } })],
  ])("pays from its balance, given as %s", async (_where, saying) => {
    const key = await keyOf(2n * PRICE);
    expect((await greet(saying(secretOf(key)))).structuredContent).toEqual(GREETED);
    expect(await key.balance()).toBe(PRICE);
    const { structuredContent } = await callAt(counter.world)("balance", {}, saying(secretOf(key)));
    expect(structuredContent.balance_micro_usd).toBe(PRICE.toString());
  });

  it("is charged once for one idempotency_key, over HTTP too", async () => {
    const key = await keyOf(5n * PRICE);
    const named = { ...NAME, idempotency_key: "greet-1" };
    const answers = await Promise.all([1, 2, 3].map(() => greet({ headers: key.headers }, named)));
    const told = answers.filter(({ isError }) => !isError);
    expect(told.length).toBeGreaterThan(0);
    for (const { structuredContent } of told) expect(structuredContent).toEqual(GREETED);
    for (const { isError, structuredContent } of answers)
      if (isError) expect(structuredContent).toMatchObject({ error: "request_in_flight", retry_after_sec: 2 });
    const headers = { ...key.headers, "Content-Type": "application/json", "Idempotency-Key": "greet-1" };
    const http = await counter.world.ask(GREETING, { method: "POST", headers, body: JSON.stringify(NAME) });
    expect([http.body, http.headers.get("idempotent-replayed")]).toEqual([GREETED, "true"]);
    expect(await key.balance()).toBe(4n * PRICE);
    const other = await greet({ headers: key.headers }, { ...named, name: "bob" });
    expect(other.structuredContent.error).toBe("idempotency_conflict");
  });

  it("that cannot cover it is asked for a payment, and may pay so", async () => {
    const key = await keyOf(PRICE - 1n);
    const asked = await greet({ headers: key.headers });
    expect(asked).toMatchObject({ isError: true, structuredContent: { accepts: [await counter.quote()] } });
    expect(asked.structuredContent.error).toContain("balance");
    const { meta } = paid(await counter.sign());
    expect((await greet({ meta: meta as object, headers: key.headers })).structuredContent).toEqual(GREETED);
    expect(await key.balance()).toBe(PRICE - 1n);
  });

  it("that is none is refused, wherever it stands", async () => {
    const refused = async (saying: Saying) => (await greet(saying)).structuredContent.error;
    expect(await refused({ headers: { "X-API-Key": "nope" } })).toBe("invalid_api_key");
    expect(await refused({ headers: { Authorization: `Bearer tpk_${"a".repeat(43)}` } })).toBe("invalid_api_key");
    expect(await refused({ meta: { "turnpike/api-key": "tpk_" } })).toBe("invalid_api_key");
    expect(await refused({ meta: { "turnpike/api-key": 5 } })).toBe("invalid_field");
  });

  it("beside another one is refused: it would not be clear whose money it is", async () => {
    const [key, other] = [await keyOf(PRICE), await keyOf(PRICE)];
    const meta = { "turnpike/api-key": secretOf(key) };
    for (const headers of [other.headers, { Authorization: `Bearer ${secretOf(other)}` }])
      expect((await greet({ meta, headers })).structuredContent.error).toBe("bad_request");
    expect([await key.balance(), await other.balance()]).toEqual([PRICE, PRICE]);
    expect((await greet({ meta, headers: key.headers })).structuredContent).toEqual(GREETED);
  });

  it("is needed for what only an account may see", async () => {
    for (const [tool, args] of [
      ["balance", {}],
      ["cancel_order", { order_id: "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11" }],
    ] as const)
      expect((await callAt(counter.world)(tool, args)).structuredContent.error).toBe("unauthorized");
  });
});

it("top_up gives a key once, and raises the one that comes along", async () => {
  const topUp = async (saying: Saying) => {
    const payer = strangerWallet;
    const { meta } = paid(await counter.sign({ payer }, "/api/v1/x402/topup"));
    const result = await callAt(counter.world)("top_up", {}, { ...saying, meta: meta as object });
    return result.structuredContent;
  };
  const first = await topUp({});
  expect(first).toMatchObject({ success: true, balance_usd: 5, api_key: expect.stringMatching(/^tpk_/) });
  const second = await topUp({ headers: { Authorization: `Bearer ${first.api_key}` } });
  expect([second.balance_usd, second.api_key]).toEqual([10, undefined]);
  const { structuredContent } = await greet({ meta: { "turnpike/api-key": first.api_key } });
  expect(structuredContent).toEqual(GREETED);
});
