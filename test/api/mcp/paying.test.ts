import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Counter, inTime, NAME, openCounter, rounds, signedInAs } from "../x402/counter.ts";
import { naming, wallet } from "../x402/payer.ts";
import { GREETING, KEY, PRICE, SLOW } from "../x402/sales.ts";
import { callAt, DIALECTS, MCP_HEADERS, paid, type Result } from "./room.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

let before: { settles: number; effects: number };
const now = () => ({ settles: counter.facilitator.settles, effects: counter.sales.effects.length });
beforeEach(() => {
  before = now();
});
const since = () => ({ settles: now().settles - before.settles, effects: now().effects - before.effects });
const ONCE = { settles: 1, effects: 1 };
const NOTHING = { settles: 0, effects: 0 };

const greet = (saying = {}, args: unknown = NAME, at = counter.world) => callAt(at)("test_greeting", args, saying);
const GREETED = { success: true, greeting: "hello ada" };

describe("a tool that has a price, called without a payment", () => {
  it("asks for one in all three dialects, with what HTTP asks for", async () => {
    const accepted = await counter.quote();
    const { isError, structuredContent, content, _meta } = await greet();
    expect(isError).toBe(true);
    expect(structuredContent).toMatchObject({ x402Version: 2, accepts: [accepted] });
    expect(structuredContent.resource.url).toBe(counter.world.url + GREETING);
    expect(JSON.parse(content[0]?.text ?? "")).toEqual(structuredContent);
    const http = await counter.world.ask(GREETING, { method: "POST" });
    const { x402Version, accepts } = http.body;
    expect(JSON.parse(content[1]?.text ?? "")).toMatchObject({ x402Version, accepts });
    expect(_meta["x402/error"]).toEqual(structuredContent);
  });

  it("does so before it looks at the arguments, and asks no database", async () => {
    const { pool } = counter.world.server.deps.db;
    const [query, connect] = [vi.spyOn(pool, "query"), vi.spyOn(pool, "connect")];
    const calls = () => query.mock.calls.length + connect.mock.calls.length;
    const asked = async () => {
      const before = calls();
      for (const args of [undefined, {}, { soldOut: true }, { name: { deeply: [1] } }])
        expect((await greet({}, args)).structuredContent.accepts).toHaveLength(1);
      return calls() - before;
    };
    // The workers' first rounds come to their end; after them the clock stands still.
    await expect.poll(asked, { timeout: 20_000 }).toBe(0);
    for (const spy of [query, connect]) spy.mockRestore();
    expect(since()).toEqual(NOTHING);
  });
});

describe.each(Object.keys(DIALECTS) as (keyof typeof DIALECTS)[])("a payment in %s dialect", (dialect) => {
  it("buys once, and tells where the money is", async () => {
    const result = await greet(paid(await counter.sign(), dialect));
    expect(result).toMatchObject({ structuredContent: GREETED, content: [{ text: JSON.stringify(GREETED) }] });
    expect(result.isError).toBeUndefined();
    const network = dialect === "x402-mcp's" ? "base" : "eip155:8453";
    const receipt = { success: true, network, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) };
    expect(result._meta["x402/payment-response"]).toMatchObject(receipt);
    expect(result._meta["x402.payment-response"]).toEqual(result._meta["x402/payment-response"]);
    expect(since()).toEqual(ONCE);
  });

  it("gets the same answer when it comes again", async () => {
    const saying = paid(await counter.sign(), dialect);
    const first = await greet(saying);
    expect(await greet(saying)).toEqual(first);
    expect(since()).toEqual(ONCE);
  });
});

describe("one payment, over MCP and over HTTP", () => {
  it("buys once, whichever comes first", async () => {
    const one = await counter.sign();
    const overHttp = await counter.pay(one);
    expect((await greet(paid(one))).structuredContent).toEqual(overHttp.body);
    expect(since()).toEqual(ONCE);
    const other = await counter.sign();
    const { structuredContent } = await greet(paid(other));
    const again = await counter.pay(other);
    expect([again.status, again.body]).toEqual([200, structuredContent]);
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    expect(since()).toEqual({ settles: 2, effects: 2 });
  });

  it("buys once when twenty copies come at once, through both and to two processes", async () => {
    const sibling = await counter.world.sibling();
    const paying = await counter.sign();
    const dialects = Object.keys(DIALECTS) as (keyof typeof DIALECTS)[];
    const asking = Array.from({ length: 20 }, async (_, copy) => {
      const at = copy % 2 ? sibling : counter.world;
      if (copy % 4 < 2) return (await counter.pay(paying, { at })).body;
      return (await greet(paid(paying, dialects[copy % 3]), NAME, at)).structuredContent;
    });
    for (const answer of await inTime(counter, asking)) expect(answer).toEqual(GREETED);
    expect(since()).toEqual(ONCE);
  });

  it("is bound to its tool and its arguments", async () => {
    const paying = await counter.sign();
    await greet(paid(paying));
    expect((await greet(paid(paying), { name: "bob" })).structuredContent.error).toBe("payment_reused");
    const elsewhere = await callAt(counter.world)("test_second", NAME, paid(paying));
    expect(elsewhere).toMatchObject({ isError: true, structuredContent: { error: "payment_reused" } });
    expect(since()).toEqual(ONCE);
  });

  it("that names its purchase is the same one with a fresh signature", async () => {
    const payer = wallet();
    const { extensions } = naming("mcp_purchase_0001");
    const named = async () => {
      const { accepted, signed: payload } = await counter.sign({ payer });
      return { meta: { "x402/payment": { x402Version: 2, accepted, payload, extensions } } };
    };
    const first = await greet(await named());
    expect((await greet(await named())).structuredContent).toEqual(first.structuredContent);
    expect(since()).toEqual(ONCE);
  });
});

describe("before any money moves", () => {
  it("wrong arguments are told, and the payment stays good", async () => {
    const paying = await counter.sign();
    const refused = (result: Result) => [result.isError, result.structuredContent.error];
    expect(refused(await greet(paid(paying), { name: 5 }))).toEqual([true, "invalid_field"]);
    expect(refused(await greet(paid(paying), { soldOut: true }))).toEqual([true, "out_of_stock"]);
    expect(since()).toEqual(NOTHING);
    expect((await greet(paid(paying))).structuredContent).toEqual(GREETED);
  });

  it.each([
    ["nothing", null],
    ["a number", 5],
    ["a list", []],
    ["no payload", { x402Version: 2 }],
    ["no base64", "%%%"],
    ["a long text", "A".repeat(20_000)],
    ["an unknown version", { x402Version: 3, accepted: {}, payload: {} }],
  ])("%s is no payment", async (_what, payment) => {
    for (const key of ["x402/payment", "x402.payment"]) {
      const result = await greet({ meta: { [key]: payment } });
      expect([result.isError, result.structuredContent.error]).toEqual([true, "invalid_payment"]);
    }
    expect(since()).toEqual(NOTHING);
  });

  it("a payment for another amount or receiver is refused in the words of a 402", async () => {
    for (const changes of [{ value: "1" }, { to: wallet().address }]) {
      const result = await greet(paid(await counter.sign({ changes })));
      expect(result.structuredContent).toMatchObject({ x402Version: 2, accepts: [{ amount: PRICE.toString() }] });
      expect(result.isError).toBe(true);
    }
    expect(since()).toEqual(NOTHING);
  });
});

describe("after the money moved", () => {
  it("what the provider cannot do is credited to the payer", async () => {
    const payer = wallet();
    counter.sales.failures.push(new Error("out of order"));
    const { isError, structuredContent, _meta } = await greet(paid(await counter.sign({ payer })));
    expect([isError, structuredContent.error]).toEqual([true, "provider_failed"]);
    expect(structuredContent.details.credit).toMatchObject({ amount_micro_usd: PRICE.toString() });
    expect(_meta["x402/payment-response"].success).toBe(true);
    const headers = await signedInAs(counter.world, payer);
    const balance = await callAt(counter.world)("balance", {}, { headers });
    expect(balance.structuredContent.balance_micro_usd).toBe(PRICE.toString());
  });

  it("what takes its time is no error: order_status tells how it goes on", async () => {
    counter.sales.isSlow = true;
    const paying = await counter.sign({}, SLOW);
    const first = await callAt(counter.world)("test_slow", NAME, paid(paying));
    expect(first.isError).toBeUndefined();
    expect(first.structuredContent).toMatchObject({ status: "settled", order_id: expect.any(String) });
    // A client signs anew for every call: what HTTP may be told would pay twice here.
    expect(first.structuredContent.message).toMatch(/order_status.* Do not call this tool again/);
    expect(first.content[0]?.text).not.toContain("send the same request");
    counter.sales.isSlow = false;
    const args = { order_id: first.structuredContent.order_id };
    const status = async () => (await callAt(counter.world)("order_status", args)).structuredContent.status;
    await rounds(counter, status).toBe("fulfilled");
    expect((await callAt(counter.world)("test_slow", NAME, paid(paying))).structuredContent.slow).toBe(true);
    expect(since()).toEqual(ONCE);
  });

  it("who hangs up has bought once, and is told so by the same payment", async () => {
    const { promise: hold, resolve: settle } = Promise.withResolvers<void>();
    counter.facilitator.hold = hold;
    const saying = paid(await counter.sign());
    const gone = new AbortController();
    const params = { name: "test_greeting", arguments: NAME, _meta: saying.meta };
    const asking = fetch(`${counter.world.url}/mcp`, {
      method: "POST",
      headers: MCP_HEADERS,
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
      signal: gone.signal,
    }).catch(() => "gone");
    await expect.poll(() => since().settles).toBe(1);
    gone.abort();
    expect(await asking).toBe("gone");
    counter.facilitator.hold = undefined;
    settle();
    expect((await greet(saying)).structuredContent).toEqual(GREETED);
    expect(since()).toEqual(ONCE);
  });

  it("a secret is told again only to who can be the buyer", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer }, KEY);
    const { structuredContent: first } = await callAt(counter.world)("test_key", NAME, paid(paying));
    expect(first.api_key).toMatch(/^secret-of-/);
    counter.world.clock.advance(61);
    const { structuredContent: later } = await callAt(counter.world)("test_key", NAME, paid(paying));
    expect([later.api_key, later.withheld]).toEqual([undefined, ["api_key"]]);
    const headers = await signedInAs(counter.world, payer);
    const known = await callAt(counter.world)("test_key", NAME, { ...paid(paying), headers });
    expect(known.structuredContent.api_key).toBe(first.api_key);
  });
});
