import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, TOKEN, type World } from "../../world.ts";
import { merchantWallet, signedIn, strangerWallet } from "../support/wallet.ts";
import { rounds } from "../x402/counter.ts";

let world: World;
let merchant: Record<string, string>;
beforeAll(async () => {
  world = await createWorld();
  merchant = await signedIn(world, merchantWallet);
});
afterAll(() => world?.close());

const ask = (apiId: string, query = "", headers = {}) =>
  world.ask(`/api/402/apis/${apiId}/earnings${query}`, { headers: { ...merchant, ...headers } });
const data = async (apiId: string, query = "") => (await ask(apiId, query)).body.data;

async function buy(apiId: string, payer?: string): Promise<string> {
  const quote = (await world.ask(`/api/${apiId}`)).body.data;
  Object.assign(world.pay(quote), payer && { payer });
  expect((await world.ask(`/api/${apiId}`, { session: quote.session_id })).status).toBe(200);
  return quote.session_id;
}
const table = (text: string) =>
  text
    .trimEnd()
    .split("\r\n")
    .map((line) => line.split(","));

const OTHER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
const today = () => new Date(world.clock.nowMs()).toISOString().slice(0, 10);
const nextDay = async () => {
  world.clock.advance(24 * 3600);
  // A sign-in lasts a day.
  merchant = await signedIn(world, merchantWallet);
};

describe("GET /api/402/apis/:id/earnings?by=day", () => {
  it("tells every day of the span: what sessions brought in, per token, and how often was called", async () => {
    const apiId = await world.sell({ p_amount_wei: "100" });
    const first = today();
    const session = await buy(apiId);
    await buy(apiId, OTHER);
    await world.ask(`/api/${apiId}/below?x=1`, { session });
    await rounds({ world }, async () => (await data(apiId)).calls).toBe(3);
    await nextDay();
    const second = today();
    const edit = { p_token_address: TOKEN, p_amount_wei: "7" };
    await world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers: merchant, body: JSON.stringify(edit) });
    await buy(apiId);
    await rounds({ world }, async () => (await data(apiId)).calls).toBe(4);

    const told = await data(apiId, `?by=day&from=${first}&to=${second}`);
    const of = { merchant_wallet: merchantWallet.address };
    expect(told).toMatchObject({ apiId, from: first, to: second });
    expect(told.days).toEqual([
      {
        day: first,
        calls: 3,
        sales: [{ ...of, token_address: `0x${"0".repeat(40)}`, sessions: 2, payers: 2, gross_wei: "200" }],
      },
      { day: second, calls: 1, sales: [{ ...of, token_address: TOKEN, sessions: 1, payers: 1, gross_wei: "7" }] },
    ]);
    const usual = await data(apiId, "?by=day");
    expect([usual.days.length, usual.to]).toEqual([30, second]);
    expect(usual.days.slice(-2)).toEqual(told.days);
    for (const { calls, sales } of usual.days.slice(0, -2)) expect([calls, sales]).toEqual([0, []]);

    const csv = await ask(apiId, `?by=day&from=${first}&to=${second}&format=csv`);
    expect(table(csv.text)).toEqual([
      ["day", "calls", "token_address", "merchant_wallet", "sessions", "payers", "gross_wei"],
      [first, "3", `0x${"0".repeat(40)}`, merchantWallet.address, "2", "2", "200"],
      [second, "1", TOKEN, merchantWallet.address, "1", "1", "7"],
    ]);
  });

  it("counts a day by UTC, to its last second", async () => {
    const apiId = await world.sell();
    const midnight = (Math.floor(world.clock.nowSec / 86_400) + 1) * 86_400;
    world.clock.advance(midnight - 1 - world.clock.nowSec);
    const first = today();
    await buy(apiId);
    world.clock.advance(1);
    const second = today();
    merchant = await signedIn(world, merchantWallet);
    await buy(apiId);
    await rounds({ world }, async () => (await data(apiId)).calls).toBe(2);
    for (const day of [first, second]) {
      const { days } = await data(apiId, `?by=day&from=${day}&to=${day}`);
      expect(days).toMatchObject([{ day, calls: 1, sales: [{ sessions: 1 }] }]);
    }
  });

  it.each([
    ["from", "?by=day&from=yesterday"],
    ["from", "?by=day&from=2026-02-30"],
    ["to", "?by=day&to=2026-1-1"],
    ["to", "?by=day&from=0000-01-01&to=0000-01-02"],
    ["from", "?by=day&from=2026-03-02&to=2026-03-01"],
    ["from", "?by=day&from=2025-01-01&to=2026-01-02"],
    ["by", "?by=hour"],
    ["by", "?by=constructor"],
    ["format", "?format=xml"],
    ["limit", "?by=payer&limit=many"],
  ])("400 names %s of %s", async (field, query) => {
    const apiId = await world.sell();
    for (const format of ["", "&format=csv"]) {
      const { status, body } = await ask(apiId, query + (field === "format" || field === "limit" ? "" : format));
      expect([status, body.data.field]).toEqual([400, field]);
    }
  });
});

describe("GET /api/402/apis/:id/earnings?by=payer", () => {
  it("tells who paid, who bought most first, page by page", async () => {
    const apiId = await world.sell({ p_amount_wei: "100" });
    for (const payer of [OTHER, OTHER, strangerWallet.address]) await buy(apiId, payer);
    const { body } = await ask(apiId, "?by=payer&limit=1");
    const at = new Date(world.clock.nowMs()).toISOString();
    const times = { first_at: at, last_at: at, token_address: `0x${"0".repeat(40)}` };
    expect(body.data.payers).toEqual([{ payer: OTHER, sessions: 2, gross_wei: "200", ...times }]);
    expect(body.meta).toMatchObject({ total: 2, limit: 1, offset: 0 });
    const next = (await world.ask(body.meta.next.slice(world.url.length), { headers: merchant })).body;
    expect(next.data.payers).toEqual([{ payer: strangerWallet.address, sessions: 1, gross_wei: "100", ...times }]);
    expect(next.meta.next).toBeNull();
    expect((await ask(apiId, "?by=payer&offset=9")).body).toMatchObject({ data: { payers: [] }, meta: { total: 2 } });
    const rows = table((await ask(apiId, "?by=payer&format=csv")).text);
    expect(rows[0]).toEqual(["payer", "token_address", "sessions", "gross_wei", "first_at", "last_at"]);
    const told = rows.slice(1).map((row) => row.slice(0, 4).join());
    expect(told.sort()).toEqual(
      [`${OTHER},${times.token_address},2,200`, `${strangerWallet.address},${times.token_address},1,100`].sort(),
    );
  });
});

describe("CSV of all sales", () => {
  it("is what Accept asks for: every session once, also beyond what is read at once", async () => {
    const apiId = await world.sell({ p_amount_wei: "100" });
    await buy(apiId);
    const client = new pg.Client(world.databaseUrl);
    await client.connect();
    // As many unlocks as that would take minutes.
    await client.query(
      `insert into app.session_grant (session_hash, api_id, version, payment_id, binding, payer, tx_hash, amount_wei,
         expires_at, created_at)
       select sha256(number::text::bytea), api_id, version, payment_id, binding,
         '0x' || lpad(to_hex(number), 40, '0'), tx_hash, amount_wei, expires_at, created_at
       from app.session_grant, generate_series(1000001, 1002500) as number where api_id = $1`,
      [apiId],
    );
    await client.end();
    const { status, headers, text } = await ask(apiId, "", { Accept: "text/csv" });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("text/csv");
    expect(headers.get("content-disposition")).toBe(`attachment; filename="sales-${apiId}.csv"`);
    expect(headers.get("cache-control")).toBe("private, no-store");
    const [head, ...rows] = table(text);
    expect(head?.slice(0, 4)).toEqual(["payer", "token_address", "merchant_wallet", "amount_wei"]);
    expect(rows).toHaveLength(2501);
    expect(new Set(rows.map(([payer]) => payer)).size).toBe(2501);
    expect(rows.every((row) => row.length === head?.length && row[3] === "100")).toBe(true);
    expect(table((await ask(apiId, "?by=payer&format=csv")).text)).toHaveLength(2502);
    expect((await ask(apiId, "", { Accept: "application/json, */*" })).body.data.calls).toBeTypeOf("number");
  });

  it("holds only its head before the first sale", async () => {
    const apiId = await world.sell();
    expect(table((await ask(apiId, "?format=csv")).text)).toHaveLength(1);
    expect(table((await ask(apiId, "?by=payer&format=csv")).text)).toHaveLength(1);
    expect(await data(apiId)).toEqual({ apiId, calls: 0, totals: [], recent: [] });
  });
});
