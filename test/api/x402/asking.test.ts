import { decodePaymentRequiredHeader } from "@x402/core/http";
import { isPaymentRequired, isPaymentRequiredV1, isPaymentRequiredV2 } from "@x402/core/schemas";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { JSON_TYPE } from "../../world.ts";
import { type Counter, NAME, openCounter, RECEIVER } from "./counter.ts";
import { headerV1, headerV2 } from "./payer.ts";
import { GREETING, KEY, SECOND } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter({ PUBLIC_URL: "https://shop.example/" });
});
afterAll(() => counter?.world.close());

const nothingHappened = () => expect([counter.facilitator.settles, counter.sales.asked.length]).toEqual([0, 0]);

describe("402", () => {
  it("asks in both versions at once, in the house's error shape", async () => {
    const answer = await counter.world.ask(GREETING, { method: "POST" });
    expect(answer.status).toBe(402);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const required = decodePaymentRequiredHeader(answer.headers.get("payment-required") as string);
    expect([
      isPaymentRequiredV2(required),
      isPaymentRequiredV1(answer.body),
      isPaymentRequired(required),
    ]).not.toContain(false);
    expect(required.accepts).toEqual([
      {
        scheme: "exact",
        network: "eip155:8453",
        amount: "50000",
        asset: "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        payTo: RECEIVER,
        maxTimeoutSeconds: 300,
        extra: { name: "USD Coin", version: "2" },
      },
    ]);
    expect(answer.body).toMatchObject({
      error: "payment_required",
      message: "Payment is required.",
      request_id: answer.headers.get("x-request-id"),
      x402Version: 1,
      accepts: [{ scheme: "exact", network: "base", maxAmountRequired: "50000", mimeType: "application/json" }],
    });
  });

  it("comes before the body or a sign-in is looked at, and is the same every time", async () => {
    const odd = [
      { method: "POST" },
      { method: "POST", body: "{" },
      { method: "POST", headers: { "Content-Type": "text/plain" }, body: "hello" },
      { method: "POST", headers: { ...JSON_TYPE, Authorization: "Bearer nobody" }, body: JSON.stringify({ name: 7 }) },
    ];
    const answers = await Promise.all(odd.map((ask) => counter.world.ask(GREETING, ask)));
    expect(answers.map(({ status }) => status)).toEqual([402, 402, 402, 402]);
    expect(new Set(answers.map(({ headers }) => headers.get("payment-required"))).size).toBe(1);
    nothingHappened();
  });

  it("writes and reads nothing", async () => {
    const { pool } = counter.world.server.deps.db;
    const { lookups } = counter.world.indexed;
    const [query, connect] = [vi.spyOn(pool, "query"), vi.spyOn(pool, "connect")];
    const calls = (): unknown[] => [...query.mock.calls, ...connect.mock.calls];
    // The workers' first rounds come to their end; after them the clock stands still.
    const oneMore = async () => {
      const before = calls().length;
      await counter.world.ask(GREETING, { method: "POST" });
      return calls().length - before;
    };
    await expect.poll(oneMore, { timeout: 20_000 }).toBe(0);
    for (const spy of [query, connect]) spy.mockClear();
    for (let turn = 0; turn < 50; turn++) await counter.world.ask(GREETING, { method: "POST" });
    expect(calls()).toEqual([]);
    for (const spy of [query, connect]) spy.mockRestore();
    expect(counter.world.indexed.lookups).toBe(lookups);
  });

  it("T16: names the public URL, whatever host and proxy headers say", async () => {
    const headers = { "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", Forwarded: "host=evil.example" };
    const answer = await counter.world.ask(GREETING, { method: "POST", headers });
    const required = decodePaymentRequiredHeader(answer.headers.get("payment-required") as string);
    expect(required.resource.url).toBe(`https://shop.example${GREETING}`);
    expect(answer.body.accepts[0].resource).toBe(`https://shop.example${GREETING}`);
  });
});

describe("T9: methods that do not buy", () => {
  it.each(["HEAD", "OPTIONS", "GET", "PUT", "DELETE"])("%s with a good payment runs nothing", async (method) => {
    const { accepted, signed } = await counter.sign();
    const answer = await counter.world.ask(GREETING, { method, headers: headerV2(accepted, signed) });
    expect(answer.status).toBe(method === "OPTIONS" ? 204 : 405);
    if (method !== "OPTIONS") expect(answer.headers.get("allow")).toBe("POST");
    nothingHappened();
  });

  it.each([
    `${GREETING}/`,
    `/${GREETING}`,
    GREETING.toUpperCase(),
    `${GREETING}%20`,
    `${GREETING};x`,
    `${GREETING}%00`,
  ])("a path spelled %s gives nothing without payment", async (path) => {
    expect([402, 404]).toContain((await counter.world.ask(path, { method: "POST" })).status);
    nothingHappened();
  });
});

const base64 = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

describe("T11: a payment header that is none", () => {
  const broken: [string, (good: { v1: string; v2: string }) => string][] = [
    ["is not base64", () => "%%%"],
    ["is empty", () => ""],
    ["is not JSON", () => base64("{")],
    ["is null", () => base64("null")],
    ["is a number", () => base64("7")],
    ["is an array", () => base64([])],
    ["has no payload", ({ v2 }) => edited(v2, (all) => delete all.payload)],
    ["has an empty payload", ({ v2 }) => edited(v2, (all) => Object.assign(all, { payload: { authorization: {} } }))],
    ["has no signature", ({ v2 }) => edited(v2, (all) => delete all.payload.signature)],
    ["has a short signature", ({ v2 }) => edited(v2, (all) => Object.assign(all.payload, { signature: "0x12" }))],
    ["has no payer", ({ v2 }) => edited(v2, (all) => delete all.payload.authorization.from)],
    [
      "has a number for a value",
      ({ v2 }) => edited(v2, (all) => Object.assign(all.payload.authorization, { value: 50_000 })),
    ],
    [
      "has a negative value",
      ({ v2 }) => edited(v2, (all) => Object.assign(all.payload.authorization, { value: "-1" })),
    ],
    ["has a value in hex", ({ v2 }) => edited(v2, (all) => Object.assign(all.payload.authorization, { value: "0x1" }))],
    ["has a short nonce", ({ v2 }) => edited(v2, (all) => Object.assign(all.payload.authorization, { nonce: "0x12" }))],
    [
      "has an endless number",
      ({ v2 }) => edited(v2, (all) => Object.assign(all.payload.authorization, { validBefore: "9".repeat(99) })),
    ],
    ["says another version", ({ v2 }) => edited(v2, (all) => Object.assign(all, { x402Version: 3 }))],
    ["is of the other version", ({ v1 }) => v1],
    ["is too long", ({ v2 }) => edited(v2, (all) => Object.assign(all, { padding: "x".repeat(9_000) }))],
  ];

  it.each(broken)("%s: 400 and never a charge", async (_, breakIt) => {
    const { accepted, signed } = await counter.sign();
    const v2 = headerV2(accepted, signed)["Payment-Signature"];
    const v1 = headerV1(signed)["X-PAYMENT"];
    const body = JSON.stringify(NAME);
    const headers = { ...JSON_TYPE, "Payment-Signature": breakIt({ v1, v2 }) };
    const answer = await counter.world.ask(GREETING, { method: "POST", headers, body });
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_payment"]);
    nothingHappened();
  });

  it("in a thousand random bendings is refused without a fault of ours", async () => {
    const { accepted, signed } = await counter.sign();
    const good = JSON.parse(Buffer.from(headerV2(accepted, signed)["Payment-Signature"], "base64").toString());
    const odd: unknown[] = [null, 0, -1, "", "0x", [], {}, true, "\u0000", "x".repeat(300), { toString: 1 }, 1e99];
    const places = pathsOf(good);
    for (let round = 0; round < 1_000; round++) {
      const bent = structuredClone(good);
      bend(bent, places[round % places.length] as string[], odd[(round * 7) % odd.length]);
      const headers = { ...JSON_TYPE, "Payment-Signature": base64(bent) };
      const answer = await counter.world.ask(GREETING, { method: "POST", headers, body: JSON.stringify(NAME) });
      // A bending of what nobody reads changes nothing; the fault in the signed part is found by who verifies.
      expect([200, 400, 402, 409], JSON.stringify(bent)).toContain(answer.status);
    }
    expect(counter.sales.effects.length).toBeLessThanOrEqual(1);
  });
});

describe("T15: a payment whose resource was edited", () => {
  it("opens nothing but what was paid for", async () => {
    const { settles } = counter.facilitator;
    const paying = await counter.sign();
    const resource = { url: `https://shop.example${KEY}` };
    expect((await counter.pay(paying, { more: { resource } })).status).toBe(402);
    expect(counter.facilitator.settles).toBe(settles);
    const paid = await counter.pay(paying);
    expect(paid.status).toBe(200);
    const headers = { "Sign-In-With-X": base64({ resource: SECOND }), Authorization: "Bearer x" };
    expect((await counter.world.ask(SECOND, { method: "POST", headers })).status).toBe(402);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: it is bent into whatever shape
function edited(header: string, edit: (all: any) => void): string {
  const all = JSON.parse(Buffer.from(header, "base64").toString());
  edit(all);
  return base64(all);
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))].filter(
    (one) => one.length,
  );
}

function bend(all: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) all[name] = value;
  else bend(all[name] as Record<string, unknown>, rest, value);
}
