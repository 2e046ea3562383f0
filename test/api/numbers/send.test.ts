import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listLeases } from "../../../api/products/numbers/lease.ts";
import { finishIncludedTexts } from "../../../api/products/numbers/send.ts";
import type { PhoneProvider } from "../../../api/providers/phone.ts";
import { mortal } from "../phone/mortal.ts";
import { createPhoneWorld, DAY, type PhoneWorld, strangerWallet, wallet } from "../phone/phone-world.ts";

let world: PhoneWorld;
let bearer: string;
let tos = 0;
beforeAll(async () => {
  world = await createPhoneWorld();
  bearer = await world.signIn();
});
afterAll(() => world?.close());

const somebody = () => `+44770090${String(5000 + tos++)}`;
const covered = (body: unknown, authorization: string | undefined = bearer, at = world) =>
  at
    .sale("numbers.mine.send")
    .covered?.(at.call(body, authorization))
    .then((told) => told?.answer);
const leftOf = async (line: string) =>
  (await world.pool.query("select included_texts_left as n from app.lease where phone_number = $1", [line])).rows[0].n;
const paid = (body: unknown, authorization: string | undefined = bearer) =>
  world.buy("numbers.mine.send", body, { ...(authorization && { authorization }), payer: strangerWallet });

describe("numbers.mine.send from included texts", () => {
  it("answers in the seed's words without a payment, and counts down", async () => {
    const phoneNumber = await world.line();
    const to = somebody();
    const answer = await covered({ phoneNumber, to, message: "Hello from my number" });
    expect(answer).toEqual({ success: true, messageId: expect.stringMatching(/^msg-[0-9a-f-]{36}$/), to, segments: 1 });
    expect(Object.keys(answer ?? {})).toEqual(Object.keys(world.sale("numbers.mine.send").docs.exampleOutput));
    expect([await leftOf(phoneNumber), await world.carried(to)]).toEqual([9_999, 1]);
  });

  it("covers exactly as many of 50 parallel texts as are left, over two processes", async () => {
    const phoneNumber = await world.line(10);
    const to = somebody();
    const sibling = await world.sibling();
    const texts = Array.from({ length: 50 }, (_, i) =>
      covered({ phoneNumber, to, message: `text ${i}` }, bearer, i % 2 ? world : sibling),
    );
    const answers = (await Promise.all(texts)).filter((answer) => answer !== undefined);
    expect(answers).toHaveLength(10);
    expect(new Set(answers.map(({ messageId }) => messageId)).size).toBe(10);
    expect([await leftOf(phoneNumber), await world.carried(to)]).toEqual([0, 10]);
  });

  it("leaves a call without a sign-in, and one past the last text, to be paid", async () => {
    const phoneNumber = await world.line(0);
    const body = { phoneNumber, to: somebody(), message: "x" };
    const { covered: cover } = world.sale("numbers.mine.send");
    expect(await cover?.(world.call(body))).toBeUndefined();
    expect(await covered(body)).toBeUndefined();
    expect(await world.carried(body.to)).toBe(0);
  });

  it("gives the text back when the carrier refuses it", async () => {
    const phoneNumber = await world.line(3);
    await expect(covered({ phoneNumber, to: "+15005550001", message: "x" })).rejects.toMatchObject({
      code: "provider_failed",
      message: "The carrier refused this text. It does not count as one of the included texts.",
    });
    expect(await leftOf(phoneNumber)).toBe(3);
  });

  it.each(["silent_before", "silent_after"] as const)("is finished by the worker: %s", async (kind) => {
    const phoneNumber = await world.line(3);
    const to = somebody();
    await world.fault({ place: "send", kind, target: to });
    expect(await covered({ phoneNumber, to, message: "x" })).toMatchObject({ success: true, to });
    await finishIncludedTexts(world.deps);
    world.clock.advance(2);
    await finishIncludedTexts(world.deps);
    await finishIncludedTexts(world.deps);
    expect([await leftOf(phoneNumber), await world.carried(to)]).toEqual([2, 1]);
  });

  it("is on record when it is used up: nobody is told to send it again", async () => {
    const phoneNumber = await world.line(3);
    const to = somebody();
    const { deps } = mortal(world.deps, { step: 8, when: "before" });
    const cover = world.sale("numbers.mine.send", deps).covered;
    const answer = await cover?.(world.call({ phoneNumber, to, message: "x" }, bearer));
    expect([answer?.answer.success, await world.carried(to)]).toEqual([true, 0]);
    await finishIncludedTexts(world.deps);
    expect([await leftOf(phoneNumber), await world.carried(to)]).toEqual([2, 1]);
  });

  it("gives the text back once, when nothing is heard of it for six hours", async () => {
    const phoneNumber = await world.line(3);
    const to = somebody();
    await world.fault({ place: "send", kind: "silent_before", target: to });
    await covered({ phoneNumber, to, message: "x" });
    await world.fault({ place: "find", kind: "silent", times: 1 });
    world.clock.advance(6 * 3600);
    await Promise.all([finishIncludedTexts(world.deps), finishIncludedTexts(world.deps)]);
    await finishIncludedTexts(world.deps);
    expect([await leftOf(phoneNumber), await world.carried(to)]).toEqual([3, 0]);
  });
});

describe("an included text that comes back after its line went to another holder", () => {
  it("is the former lease's: the new holder gets no text as a present", async () => {
    const phoneNumber = await world.line(3);
    const to = somebody();
    await world.fault({ place: "send", kind: "silent_before", target: to });
    await covered({ phoneNumber, to, message: "x" });
    await world.pool.query("update app.lease set released_at = now() where phone_number = $1", [phoneNumber]);
    const phone = { ...world.deps.phone, buyNumber: async () => ({ kind: "bought", phoneNumber }) as const };
    const sale = world.sale("numbers.buy.us", { ...world.deps, phone });
    await sale.fulfil(world.order(sale, { country: "US" }, strangerWallet));
    await world.fault({ place: "find", kind: "silent" });
    world.clock.advance(6 * 3600);
    await finishIncludedTexts(world.deps);
    const { rows } = await world.pool.query(
      "select included_texts_left as n from app.lease where phone_number = $1 order by released_at nulls last",
      [phoneNumber],
    );
    expect(rows).toEqual([{ n: 3 }, { n: 10_000 }]);
  });
});

describe("the worker that finishes included texts", () => {
  it("goes on with the others when one makes trouble", async () => {
    const phoneNumber = await world.line(3);
    const [first, second] = [somebody(), somebody()];
    for (const to of [first, second]) {
      await world.fault({ place: "send", kind: "silent_before", target: to });
      await covered({ phoneNumber, to, message: "x" });
      world.clock.advance(2);
    }
    const findMessage: PhoneProvider["findMessage"] = (text, triedAt) => {
      if (text.to === first) throw new TypeError("this one only");
      return world.deps.phone.findMessage(text, triedAt);
    };
    await finishIncludedTexts({ ...world.deps, phone: { ...world.deps.phone, findMessage } });
    expect([await world.carried(first), await world.carried(second)]).toEqual([0, 1]);
    world.clock.advance(60);
    await finishIncludedTexts(world.deps);
    expect(await world.carried(first)).toBe(1);
  });
});

describe("numbers.mine.send for a payment", () => {
  it("sends for the holder, whoever pays", async () => {
    const phoneNumber = await world.line(0);
    const to = somebody();
    const answer = await paid({ phoneNumber, to, message: "é".repeat(161) });
    expect(answer).toEqual({ success: true, messageId: expect.stringMatching(/^msg-/), to, segments: 2 });
    expect(await world.carried(to)).toBe(1);
    expect(world.sale("numbers.mine.send").priceMicroUsd).toBe(50_000n);
  });

  it("is left alone by the worker that finishes included texts", async () => {
    const phoneNumber = await world.line(0);
    const to = somebody();
    await world.fault({ place: "send", kind: "silent_before", target: to });
    await expect(paid({ phoneNumber, to, message: "x" })).rejects.toMatchObject({ name: "NotYet" });
    world.clock.advance(10);
    await finishIncludedTexts(world.deps);
    expect(await world.carried(to)).toBe(0);
  });

  it("is credited when the carrier refuses", async () => {
    const phoneNumber = await world.line(0);
    await expect(paid({ phoneNumber, to: "+15005550001", message: "x" })).rejects.toMatchObject({
      code: "provider_failed",
      details: { reason: "recipient_refused" },
    });
  });

  it("is credited when the line went back to the carrier while the payment was on its way", async () => {
    const phoneNumber = await world.line(0);
    const sale = world.sale("numbers.mine.send");
    const body = { phoneNumber, to: somebody(), message: "x" };
    const input = await sale.prepare(world.call(body, bearer), { payer: wallet.address, chainId: 8453 });
    const holder = (value: string | null) =>
      world.pool.query("update carrier.number set held_by = $2 where phone_number = $1", [phoneNumber, value]);
    await holder(null);
    await expect(sale.fulfil(world.order(sale, input))).rejects.toMatchObject({
      code: "provider_failed",
      details: { reason: "sender_refused" },
    });
    await holder("him");
  });
});

describe("numbers.mine.send before money", () => {
  it.each<[string, [string, number], () => Promise<string | undefined>]>([
    ["no sign-in", ["unauthorized", 401], async () => undefined],
    ["a made-up sign-in", ["unauthorized", 401], async () => `Bearer ${"x".repeat(43)}`],
    ["another wallet", ["line_not_found", 404], () => world.signIn(strangerWallet)],
  ])("refuses %s", async (_, [code, status], authorization) => {
    const body = { phoneNumber: await world.line(1), to: somebody(), message: "x" };
    const buyer = { payer: wallet.address, chainId: 8453 };
    const call = world.call(body, await authorization());
    await expect(world.sale("numbers.mine.send").prepare(call, buyer)).rejects.toMatchObject({ code, status });
    if (call.authorization)
      await expect(world.sale("numbers.mine.send").covered?.(call)).rejects.toMatchObject({ code });
  });

  it("refuses a line that nobody holds", async () => {
    const body = { phoneNumber: "+12025550199", to: somebody(), message: "x" };
    await expect(paid(body)).rejects.toMatchObject({ code: "line_not_found" });
  });

  it.each([["phoneNumber"], ["to"], ["message"]])("names a bad %s", async (field) => {
    const body = { phoneNumber: await world.line(1), to: somebody(), message: "x", [field]: "" };
    await expect(paid(body)).rejects.toMatchObject({ status: 400, details: { field } });
    await expect(covered(body)).rejects.toMatchObject({ status: 400, details: { field } });
  });

  it("refuses a contract wallet that is known on another chain", async () => {
    const phoneNumber = await world.line(1);
    const body = { phoneNumber, to: somebody(), message: "x" };
    const asContract = async (chainId: number) => {
      const authorization = await world.signIn();
      const text = `update app.sign_in set is_contract = true, chain_id = $1 where token_hash = $2`;
      const hash = createHash("sha256").update(authorization.slice(7)).digest();
      await world.pool.query(text, [chainId, hash]);
      return authorization;
    };
    const seenOn = (onlyChainId: number) =>
      listLeases(world.deps, { address: wallet.address, onlyChainId }, { all: true, offset: 0, limit: 1 });
    expect([await seenOn(43114), await seenOn(8453)]).toMatchObject([[], [{ chainId: 8453 }]]);
    await expect(covered(body, await asContract(43114))).rejects.toMatchObject({ code: "line_not_found" });
    expect(await covered(body, await asContract(8453))).toMatchObject({ success: true });
  });

  it("refuses when the lease has ended, to the second", async () => {
    const phoneNumber = await world.line();
    world.clock.advance(30 * DAY - 1);
    bearer = await world.signIn();
    expect(await covered({ phoneNumber, to: somebody(), message: "x" })).toMatchObject({ success: true });
    world.clock.advance(1);
    const body = { phoneNumber, to: somebody(), message: "x" };
    await expect(covered(body)).rejects.toMatchObject({ code: "line_expired", status: 403 });
    await expect(paid(body)).rejects.toMatchObject({ code: "line_expired" });
  });
});
