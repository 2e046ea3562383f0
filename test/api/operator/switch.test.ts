import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smsSale } from "../../../api/products/sms/send.ts";
import type { OnceDeps } from "../../../api/providers/phone/once.ts";
import { NotYet } from "../../../api/sale.ts";
import { wallet } from "../phone/phone-shop.ts";
import { createRuledShop, type RuledShop } from "./rules-world.ts";

const SEND = "/api/v1/sms/send";
const TO = "+447700900001";
const text = { to: TO, message: "Hello!" };

let shop: RuledShop;
beforeAll(async () => {
  shop = await createRuledShop({});
});
afterAll(() => shop?.close());

const pause = (product: string, paused: unknown = true) => shop.operator("PUT", `sales/${product}`, { paused });
const pool = () => shop.server.deps.db.pool;
const carried = async () => (await pool().query("select from carrier.message where recipient = $1", [TO])).rowCount;

describe("PUT /api/v1/operator/sales/texts", () => {
  it("200 stops texts before any money moves, included ones too, and takes them up again", async () => {
    const line = await shop.line();
    const signIn = await shop.signIn();
    const fromLine = () => shop.post("/api/v1/numbers/mine/send", { phoneNumber: line, to: TO, message: "x" }, signIn);
    expect((await pause("texts")).body).toMatchObject({ success: true, product: "texts", paused: true });
    const before = shop.settled.length;
    for (const answer of [await shop.pay(SEND, text), await fromLine()])
      expect([answer.status, answer.body.error]).toEqual([503, "sales_paused"]);
    expect([shop.settled.length, await carried()]).toEqual([before, 0]);
    expect((await shop.operator("GET", "sales/texts")).body).toMatchObject({ product: "texts", paused: true });
    await pause("texts", false);
    for (const answer of [await shop.pay(SEND, text), await fromLine()]) expect(answer.status).toBe(200);
    expect(await carried()).toBe(2);
  });

  it("credits what was paid before it and the carrier was not asked for yet", async () => {
    const sale = smsSale(shop.server.deps as OnceDeps);
    const input = await sale.prepare(
      { requestId: "test", body: text, query: new URLSearchParams(), authorization: undefined },
      { payer: wallet.address, chainId: 8453 },
    );
    await pause("texts");
    const before = await carried();
    const order = { id: randomUUID(), payer: wallet.address, chainId: 8453, input, priceMicroUsd: 50_000n };
    await expect(sale.fulfil(order)).rejects.toMatchObject({ details: { reason: "against_rules" } });
    await pause("texts", false);
    // It was refused for good.
    await expect(sale.fulfil(order)).rejects.toMatchObject({ details: { reason: "against_rules" } });
    expect(await carried()).toBe(before);
  });

  it("credits what the carrier had too much to do for, instead of asking for it again", async () => {
    const deps = shop.server.deps as OnceDeps;
    const busy: OnceDeps = { ...deps, phone: { ...deps.phone, sendMessage: async () => ({ kind: "absent" }) } };
    const input = { to: TO, text: "x" };
    const order = { id: randomUUID(), payer: wallet.address, chainId: 8453, input, priceMicroUsd: 50_000n };
    await expect(smsSale(busy).fulfil(order)).rejects.toThrow(NotYet);
    await pause("texts");
    const before = await carried();
    shop.clock.advance(2);
    await expect(smsSale(deps).fulfil(order)).rejects.toMatchObject({ details: { reason: "against_rules" } });
    await pause("texts", false);
    expect(await carried()).toBe(before);
  });

  it("waits for a text that is being put on record, so that none is sent after it", async () => {
    const { db } = shop.server.deps;
    const waiting = async () =>
      (
        await pool().query(
          `select from pg_locks where locktype = 'advisory' and mode = 'ExclusiveLock' and not granted
             and database = (select oid from pg_database where datname = current_database())`,
        )
      ).rowCount;
    let paused = false;
    const pausing = await db.transaction(async (client) => {
      await client.query("select app.carrier_refusal('texts', '{}', '{}', '2026-03-26', true)");
      const switched = pause("texts").then(() => {
        paused = true;
      });
      await expect.poll(waiting).toBe(1);
      expect(paused).toBe(false);
      return { switched };
    });
    await pausing.switched;
    expect((await shop.pay(SEND, text)).status).toBe(503);
    await pause("texts", false);
  });
});

describe("PUT /api/v1/operator/sales/lines", () => {
  it("200 stops lines and nothing else", async () => {
    await pause("lines");
    const before = shop.settled.length;
    for (const [path, country] of [
      ["us", "US"],
      ["intl", "GB"],
    ]) {
      const { status, body } = await shop.pay(`/api/v1/numbers/buy/${path}`, { country });
      expect([status, body.error]).toEqual([503, "sales_paused"]);
    }
    expect(shop.settled).toHaveLength(before);
    expect((await shop.pay(SEND, text)).status).toBe(200);
    await pause("lines", false);
    expect((await shop.pay("/api/v1/numbers/buy/us", { country: "US" })).status).toBe(200);
  });
});

describe("the operator's endpoints", () => {
  it.each([
    ["GET", "/sales/texts"],
    ["PUT", "/sales/lines"],
    ["GET", "/audit"],
    ["GET", "/margins"],
  ])("401 for anybody else: %s %s", async (method, path) => {
    for (const headers of [{}, { Authorization: "Bearer operator" }, await shop.signIn()]) {
      const body = method === "PUT" ? { paused: true } : undefined;
      const answer = await shop.ask(`/api/v1/operator${path}`, { method, headers, body });
      expect([answer.status, answer.body.error]).toEqual([401, "unauthorized"]);
    }
  });

  it("404 for a product without a switch, 400 for what is no boolean", async () => {
    for (const method of ["GET", "PUT"] as const)
      expect(
        (await shop.operator(method, "sales/coffee", method === "PUT" ? { paused: true } : undefined)).status,
      ).toBe(404);
    expect((await pause("texts", "yes")).body.details).toEqual({ field: "paused" });
  });

  it("put what they did into the audit log, the latest first, page by page", async () => {
    await pause("codes");
    await pause("codes", false);
    const { body } = await shop.operator("GET", "audit?limit=2");
    const did = { actor: "operator", action: "sale_switched", product: "codes", times: 1 };
    expect(body).toMatchObject({
      count: 2,
      limit: 2,
      entries: [
        { ...did, paused: false },
        { ...did, paused: true },
      ],
    });
    expect((await shop.operator("GET", "audit?limit=1&offset=1")).body.entries).toEqual([body.entries[1]]);
    const refused = await pool().query("select facts from app.audit where action = 'refused_and_credited'");
    expect(refused.rows).toMatchObject([{ facts: { rule: "sales_paused", what: "text", country: "GB" } }]);
  });

  it("are seen in the metrics", async () => {
    await pause("texts");
    const metrics = () => fetch(`${shop.server.url}/metrics`).then((answer) => answer.text());
    await shop.inTime(metrics, (seen) => seen.includes('turnpike_sales_paused{product="texts"} 1'));
    await pause("texts", false);
    await shop.inTime(metrics, (seen) => seen.includes('turnpike_sales_paused{product="texts"} 0'));
  });
});
