import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyWith } from "../balance/key.ts";
import { callAt } from "../mcp/room.ts";
import { createPhoneShop, type PhoneShop } from "../phone/phone-shop.ts";
import { codesAt, wrong } from "./codes-at.ts";

const CHECK = "/api/v1/verifications/check";

let shop: PhoneShop;
let sibling: PhoneShop;
beforeAll(async () => {
  shop = await createPhoneShop();
  sibling = await shop.sibling();
});
afterAll(() => shop?.close());

let numbers = 200;

async function started(): Promise<{ verificationId: string; code: string }> {
  const to = `+12125550${++numbers}`;
  const { body } = await shop.pay("/api/v1/verifications/start", { to });
  const [code] = await codesAt(shop.server.deps.db.pool, to);
  return { verificationId: body.verificationId, code: String(code) };
}

const check = async (verificationId: string, code: unknown, at = shop) =>
  (await at.post(CHECK, { verificationId, code })).body;

const pending = (attemptsLeft: number) => ({ success: true, valid: false, status: "pending", attemptsLeft });
const over = (status: string) => ({ success: true, valid: false, status, attemptsLeft: 0 });
const RIGHT = { success: true, valid: true, status: "approved", attemptsLeft: 0 };

describe("POST /api/v1/verifications/check", () => {
  it("is free, and takes the right code once, after wrong ones too", async () => {
    const { verificationId, code } = await started();
    expect(await check(verificationId, wrong(code))).toEqual(pending(4));
    expect(await check(verificationId, code)).toEqual(RIGHT);
    expect(await check(verificationId, code)).toEqual(over("approved"));
    expect(await check(verificationId, wrong(code))).toEqual(over("approved"));
  });

  it("takes five guesses", async () => {
    const { verificationId, code } = await started();
    for (const left of [4, 3, 2, 1]) expect(await check(verificationId, wrong(code))).toEqual(pending(left));
    expect(await check(verificationId, wrong(code))).toEqual(over("max_attempts_reached"));
    expect(await check(verificationId, code)).toEqual(over("max_attempts_reached"));
  });

  it("takes a right one at the fifth guess", async () => {
    const { verificationId, code } = await started();
    for (let i = 0; i < 4; i++) await check(verificationId, wrong(code));
    expect(await check(verificationId, code)).toEqual(RIGHT);
  });

  it("takes nothing after ten minutes", async () => {
    const [early, late] = [await started(), await started()];
    shop.clock.advance(599);
    expect(await check(early.verificationId, early.code)).toEqual(RIGHT);
    shop.clock.advance(1);
    expect(await check(late.verificationId, late.code)).toEqual(over("expired"));
    expect(await check(early.verificationId, early.code)).toEqual(over("approved"));
  });

  it("is no good for another verification's code", async () => {
    const [one, other] = [await started(), await started()];
    if (one.code !== other.code) expect(await check(one.verificationId, other.code)).toEqual(pending(4));
    expect(await check(one.verificationId, one.code)).toEqual(RIGHT);
  });

  it("says yes to one of forty who have the right code at once, at two processes", async () => {
    const { verificationId, code } = await started();
    const asked = Array.from({ length: 40 }, (_, i) => check(verificationId, code, i % 2 ? shop : sibling));
    const told = await Promise.all(asked);
    expect(told.filter(({ valid }) => valid)).toEqual([RIGHT]);
  });

  it("lets five of forty guess who guess at once", async () => {
    const { verificationId, code } = await started();
    const asked = Array.from({ length: 40 }, (_, i) => check(verificationId, wrong(code), i % 2 ? shop : sibling));
    await Promise.all(asked);
    const { rows } = await shop.server.deps.db.pool.query(
      "select attempts from app.verification where verification_id = $1",
      [verificationId],
    );
    expect(rows).toEqual([{ attempts: 5 }]);
    expect(await check(verificationId, code)).toEqual(over("max_attempts_reached"));
  });

  it("404 for an id that was never told", async () => {
    const { status, body } = await shop.post(CHECK, { verificationId: randomUUID(), code: "123456" });
    expect([status, body.error]).toEqual([404, "not_found"]);
  });

  it("400 names the field, and counts no guess", async () => {
    const { verificationId, code } = await started();
    for (const bad of ["12345", "1234567", "12345a", 123456, "", null, `${code}\n`, ["123456"]])
      expect((await shop.post(CHECK, { verificationId, code: bad })).body.details).toEqual({ field: "code" });
    expect((await shop.post(CHECK, { code })).body.details).toEqual({ field: "verificationId" });
    expect((await shop.post(CHECK, { verificationId: "1", code })).body.details).toEqual({ field: "verificationId" });
    expect((await shop.post(CHECK, "x")).body.details).toEqual({ field: "body" });
    expect(await check(verificationId, code)).toEqual(RIGHT);
  });
});

it("MCP: start_verification, paid from a balance, and check_verification", async () => {
  const to = "+12125550199";
  const key = await keyWith(shop, { microUsd: 2_250_000n });
  const start = { to, idempotency_key: "one" };
  const call = callAt(shop.server);
  const { structuredContent: started } = await call("start_verification", start, { headers: key.headers });
  expect(started).toMatchObject({ success: true, to, status: "pending" });
  expect((await call("start_verification", start, { headers: key.headers })).structuredContent).toEqual(started);
  const { verificationId } = started;
  const [code, ...more] = await codesAt(shop.server.deps.db.pool, to);
  expect([await key.balance(), more]).toEqual([0n, []]);
  const guessed = await call("check_verification", { verificationId, code: wrong(String(code)) });
  expect(guessed.structuredContent).toEqual(pending(4));
  expect((await call("check_verification", { verificationId, code })).structuredContent).toEqual(RIGHT);
  expect((await call("check_verification", { verificationId })).structuredContent).toMatchObject({
    error: "invalid_field",
    details: { field: "code" },
  });
});
