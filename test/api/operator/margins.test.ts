import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keepCost } from "../../../api/providers/phone/costs.ts";
import { createRuledShop, type RuledShop } from "./rules-world.ts";

const SEND = "/api/v1/sms/send";
let shop: RuledShop;
beforeAll(async () => {
  shop = await createRuledShop({ countries: { GB: { textUsd: 0.09 }, DE: { textCostUsd: 0.04 } } });
});
afterAll(() => shop?.close());

/** What the carrier took for everything of the kind that had happened. */
async function took(of: "text" | "number", where: string, costMicroUsd: bigint) {
  const { pool } = shop.server.deps.db;
  const table =
    of === "text" ? "app.message m on m.reference = c.reference::text" : "app.lease m on m.lease_id = c.reference";
  const { rows } = await pool.query(
    `select c.reference from app.carrier_call c join ${table} where c.what = $1 and ${where}`,
    [of],
  );
  const at = new Date(shop.clock.nowMs());
  for (const { reference } of rows) await keepCost(pool, { reference, carrier: "sandbox", costMicroUsd, at });
}

const margins = async (query = "") => (await shop.operator("GET", `margins${query}`)).body;

describe("GET /api/v1/operator/margins", () => {
  it("200 says what was charged and what the carrier took, by product and country", async () => {
    const line = await shop.line(1);
    const signIn = await shop.signIn();
    const text = (to: string, message = "x") => shop.pay(SEND, { to, message });
    await text("+447700900001");
    await text("+447700900002");
    await text("+12125551234");
    await text("+4917139200001", "x".repeat(161));
    await shop.post("/api/v1/numbers/mine/send", { phoneNumber: line, to: "+12125551234", message: "x" }, signIn);
    await shop.pay("/api/v1/numbers/mine/renew", { phoneNumber: line });
    // The carrier refuses this one: it is credited.
    await text("+15005550001");
    await shop.server.deps.db.pool.query("delete from app.carrier_cost");
    await took("text", "m.country = 'GB'", 40_000n);
    await took("text", "m.lease_id is not null", 7_900n);
    await took("number", "true", 1_150_000n);
    const body = await margins();
    const none = { costs_unknown: 0, costs_estimated: 0 };
    expect(body).toMatchObject({ success: true, from: "2026-02-25", to: "2026-03-26" });
    expect(body.margins).toEqual([
      {
        product: "numbers.buy.us",
        country: "US",
        sold: 1,
        charged_usd: 100,
        carrier_usd: 1.15,
        margin_usd: 98.85,
        ...none,
      },
      {
        product: "numbers.mine.renew",
        country: "US",
        sold: 1,
        charged_usd: 60,
        carrier_usd: 1.15,
        margin_usd: 58.85,
        ...none,
      },
      {
        product: "numbers.mine.send.included",
        country: "US",
        sold: 1,
        charged_usd: 0,
        carrier_usd: 0.0079,
        margin_usd: -0.0079,
        ...none,
      },
      {
        product: "sms.send",
        country: "DE",
        sold: 1,
        charged_usd: 0.05,
        carrier_usd: 0.08,
        margin_usd: -0.03,
        costs_unknown: 0,
        costs_estimated: 1,
      },
      { product: "sms.send", country: "GB", sold: 2, charged_usd: 0.18, carrier_usd: 0.08, margin_usd: 0.1, ...none },
      {
        product: "sms.send",
        country: "US",
        sold: 1,
        charged_usd: 0.05,
        carrier_usd: 0,
        margin_usd: 0.05,
        costs_unknown: 1,
        costs_estimated: 0,
      },
    ]);
    const totals = { sold: 7, charged_usd: 160.28, carrier_usd: 2.4679, margin_usd: 157.8121 };
    expect(body.total).toEqual({ ...totals, costs_unknown: 1, costs_estimated: 1 });
  });

  it("200 of the days that are asked for", async () => {
    const all = (await margins("?from=2026-03-26&to=2026-03-26")).total.sold;
    expect([all, (await margins("?from=2026-03-24&to=2026-03-25")).total.sold]).toEqual([7, 0]);
    expect((await margins("?from=2026-03-24&to=2026-03-25")).margins).toEqual([]);
  });

  it.each(["from=2026-02-30", "to=yesterday", "from=2026-03-27&to=2026-03-26", "from=2024-01-01"])(
    "400 for %s",
    async (query) => {
      expect((await shop.operator("GET", `margins?${query}`)).body.error).toBe("invalid_field");
    },
  );
});
