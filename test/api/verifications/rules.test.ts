import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";
import { codesAt } from "./codes-at.ts";

const START = "/api/v1/verifications/start";

const OPERATOR_TOKEN = "operator-token-of-the-tests-0123456789";

let folder: string;
let shop: PhoneShop;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "verification-rules-"));
  const file = path.join(folder, "rules.json");
  const rules = {
    countries: { CU: { texts: false } },
    blocked: ["+1900"],
    caps: { textsPerDestinationADay: 3 },
  };
  await writeFile(file, JSON.stringify(rules));
  shop = await createPhoneShop({ PHONE_RULES: file, OPERATOR_TOKEN });
});
afterAll(async () => {
  await shop?.close();
  await rm(folder, { recursive: true });
});

describe("the operator's rules for texts", () => {
  it.each([["+5351234567"], ["+19005550100"]])("hold for verifications: %s costs nobody anything", async (to) => {
    const { status, body } = await shop.post(START, { to });
    expect([status, body.error]).toEqual([403, "destination_not_allowed"]);
    expect([shop.settled, await codesAt(shop.server.deps.db.pool, to)]).toEqual([[], []]);
  });

  it("let as many through as the cap says of thirty who start at once; the others pay nothing, or have it back", async () => {
    const to = "+12125550142";
    const told = await Promise.all(Array.from({ length: 30 }, () => shop.pay(START, { to })));
    expect(await codesAt(shop.server.deps.db.pool, to)).toHaveLength(3);
    const statuses = told.map(({ status }) => status).filter((status) => status !== 429);
    expect(statuses.sort().slice(0, 3)).toEqual([200, 200, 200]);
    expect(new Set(statuses.slice(3))).toEqual(new Set(statuses.length > 3 ? [502] : []));
    const credits = statuses.length - 3;
    const { body: balance } = await shop.ask("/api/v1/balance", { headers: await shop.signIn() });
    expect([shop.settled.length, balance.balance_usd]).toEqual([statuses.length, credits * 2.25]);
    expect((await shop.pay(START, { to })).body).toMatchObject({ error: "message_limit" });
  });

  it("stop verifications with the texts' switch, and nothing is charged", async () => {
    const [to, headers, before] = ["+12125550143", { Authorization: `Bearer ${OPERATOR_TOKEN}` }, shop.settled.length];
    const turn = (paused: boolean) =>
      shop.ask("/api/v1/operator/sales/texts", { method: "PUT", headers, body: { paused } });
    expect((await turn(true)).status).toBe(200);
    expect((await shop.pay(START, { to })).body.error).toBe("sales_paused");
    expect([shop.settled.length, await codesAt(shop.server.deps.db.pool, to)]).toEqual([before, []]);
    await turn(false);
    expect((await shop.pay(START, { to })).status).toBe(200);
  });
});
