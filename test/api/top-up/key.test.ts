import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JSON_TYPE } from "../../world.ts";
import { signedInAs } from "../x402/counter.ts";
import { wallet } from "../x402/payer.ts";
import { copies, KEY, openTill, type Till, TOP_UP } from "./till.ts";

let till: Till;
beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till?.world.close());

const keys = (headers: Record<string, string>) => till.world.ask("/api/v1/keys", { headers });
const withKey = (key: string) => ({ "X-API-Key": key });

describe("200: a top-up that is paid", () => {
  it.each([1, 2] as const)("gives a key and its balance to a client of version %i", async (dialect) => {
    const payer = wallet();
    const { status, body, headers } = await till.topUp({ payer }, { dialect });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      api_key: expect.stringMatching(KEY),
      key_id: body.order_id,
      balance_usd: 5,
      balance_micro_usd: "5000000",
      credited_usd: 5,
      account: { address: payer.address.toLowerCase(), network: "eip155:8453" },
      order_id: expect.any(String),
      cap_usd: 5,
      may_manage: false,
    });
    expect(headers.get(dialect === 1 ? "x-payment-response" : "payment-response")).not.toBeNull();
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("credits what was chosen, by body or by query", async () => {
    const { body } = await till.topUp({ body: { amount_usd: 12.34 } });
    expect(body).toMatchObject({
      balance_usd: 12.34,
      balance_micro_usd: "12340000",
      credited_usd: 12.34,
      cap_usd: 12.34,
    });
  });

  it("takes a payment for exactly what the same request asks", async () => {
    const settles = till.facilitator.settles;
    const small = await till.signTopUp({ body: { amount_usd: 2 } });
    const large = await till.send({ ...small, body: { amount_usd: 100 } });
    expect([large.status, large.body.details.reason]).toEqual([402, "requirements_mismatch"]);
    const lied = { ...small, body: { amount_usd: 100 }, accepted: { ...small.accepted, amount: "100000000" } };
    const answer = await till.send(lied);
    expect([answer.status, answer.body.details.reason]).toEqual([402, "amount_mismatch"]);
    const asV1 = await till.send(lied, { dialect: 1 });
    expect([asV1.status, asV1.body.details.reason]).toEqual([402, "amount_mismatch"]);
    expect(till.facilitator.settles).toBe(settles);
    const paid = await till.send(small);
    expect(paid.status).toBe(200);
    expect((await till.send(lied)).body.error).toBe("payment_reused");
  });

  it("is stored without the key, which is nowhere in the database or the log", async () => {
    const { body } = await till.topUp();
    const { pool } = till.world.server.deps.db;
    const { rows: tables } = await pool.query(
      "select table_name from information_schema.tables where table_schema = 'app'",
    );
    for (const { table_name } of tables) {
      const { rows } = await pool.query(`select t::text as row from app.${table_name} t`);
      expect(JSON.stringify(rows)).not.toContain(body.api_key.slice(4));
    }
    expect(till.world.logs.join("")).not.toContain(body.api_key.slice(4));
  });

  it("gives a key that spends what was paid for it alone, whatever else its payer has or gets", async () => {
    const payer = wallet();
    const first = await till.topUp({ payer, body: { amount_usd: 1000 } });
    const second = await till.topUp({ payer });
    expect(second.body).toMatchObject({ balance_usd: 5, cap_usd: 5, may_manage: false });
    const refused = await keys(withKey(second.body.api_key));
    expect([refused.status, refused.body.error]).toEqual([403, "key_may_not"]);
    expect(second.body.account).toEqual(first.body.account);
  });

  it("gives a key to the whole account to who is signed in as the payer", async () => {
    const payer = wallet();
    await till.topUp({ payer });
    const { body } = await till.topUp({ payer }, { headers: await signedInAs(till.world, payer) });
    expect(body).toMatchObject({ cap_usd: null, may_manage: true });
    const told = await keys(withKey(body.api_key));
    expect(told.body.keys).toHaveLength(2);
  });

  it("takes no sign-in of another wallet, and charges nothing", async () => {
    const settles = till.facilitator.settles;
    const answer = await till.topUp({}, { headers: await signedInAs(till.world, wallet()) });
    expect([answer.status, answer.body.error, till.facilitator.settles]).toEqual([403, "forbidden", settles]);
  });
});

describe("with an X-API-Key", () => {
  it("credits the key's account, raises its cap, and makes no key", async () => {
    const payer = wallet();
    const { body: first } = await till.topUp({ payer });
    const other = wallet();
    const { status, body } = await till.topUp(
      { payer: other, body: { amount_usd: 20 } },
      { headers: withKey(first.api_key) },
    );
    expect(status).toBe(200);
    expect(body).not.toHaveProperty("api_key");
    expect(body).not.toHaveProperty("withheld");
    expect(body).toMatchObject({ key_id: first.key_id, credited_usd: 20, cap_usd: 25, account: first.account });
    const mine = await keys(await signedInAs(till.world, payer));
    expect(mine.body.keys).toMatchObject([{ key_id: first.key_id, cap_usd: 25 }]);
    expect((await keys(await signedInAs(till.world, other))).body.keys).toEqual([]);
  });

  it("raises the cap once, however often the payment comes", async () => {
    const { body: first } = await till.topUp();
    const signing = await till.signTopUp();
    const how = { headers: withKey(first.api_key) };
    const answers = await copies(
      till,
      Array.from({ length: 8 }, () => till.send(signing, how)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers[0]?.body.cap_usd).toBe(10);
  });

  it.each([
    ["that nobody has", `tpk_${"A".repeat(43)}`],
    ["that is none", "tpk_short"],
    ["that is empty", ""],
  ])("is a 401 for a key %s, before anything is charged", async (_, key) => {
    const settles = till.facilitator.settles;
    const signing = await till.signTopUp();
    const answer = await till.send(signing, { headers: withKey(key) });
    expect([answer.status, answer.body.error, till.facilitator.settles]).toEqual([401, "invalid_api_key", settles]);
    expect((await till.send(signing)).status).toBe(200);
  });

  it("is a 401 for a key that was revoked", async () => {
    const payer = wallet();
    const { body } = await till.topUp({ payer });
    const headers = await signedInAs(till.world, payer);
    await till.world.ask(`/api/v1/keys/${body.key_id}`, { method: "DELETE", headers });
    const settles = till.facilitator.settles;
    const answer = await till.topUp({ payer }, { headers: withKey(body.api_key) });
    expect([answer.status, answer.body.error, till.facilitator.settles]).toEqual([401, "invalid_api_key", settles]);
  });

  it("is a 400 for two of them", async () => {
    const { body } = await till.topUp();
    const { hostname, port } = new URL(till.world.url);
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        { hostname, port, path: "/api/v1/keys", headers: { "X-API-Key": [body.api_key, "tpk_x"] } },
        (got) => {
          got.resume();
          resolve(got.statusCode);
        },
      );
      sent.on("error", reject).end();
    });
    expect(status).toBe(400);
  });

  it("is not asked for a balance: a top-up is paid with money", async () => {
    const { body } = await till.topUp();
    const answer = await till.world.ask(TOP_UP, {
      method: "POST",
      headers: { ...JSON_TYPE, ...withKey(body.api_key) },
      body: "{}",
    });
    expect([answer.status, answer.body.error]).toEqual([402, "payment_required"]);
  });
});
