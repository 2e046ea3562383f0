import type { PaymentPayload } from "@x402/core/types";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createWorld, type World } from "../../world.ts";
import { quoteOf, RECEIVER } from "./counter.ts";
import { type FacilitatorStub, startFacilitatorStub } from "./facilitator-stub.ts";
import { type Authorization, headerV2, signed, wallet } from "./payer.ts";
import { createTestSales, GREETING } from "./sales.ts";

const SECRET = "https://base.example/v2/SECRET_API_KEY";
const LEAK = /SECRET|base\.example|stack|ECONN/;

let stub: FacilitatorStub;
let world: World;
beforeAll(async () => {
  stub = await startFacilitatorStub();
  const env = { BASE_RPC_URL: "http://127.0.0.1:1", RECEIVER_ADDRESS: RECEIVER, RECEIVER_START_BLOCK: "1" };
  world = await createWorld({ ...env, FACILITATOR_URL: `${stub.url}/x402/` }, () => ({ sales: createTestSales().all }));
});
afterAll(async () => {
  await world?.close();
  await stub?.close();
});

const VALID = { json: { isValid: true } };
const SETTLED = { json: { success: true, transaction: `0x${"ab".repeat(32)}`, network: "eip155:8453" } };
beforeEach(() => {
  Object.assign(stub, { verify: VALID, settle: SETTLED, onSettle: lands });
  stub.asked.length = 0;
});

/** The facilitator's transaction is mined and indexed. */
function lands({ paymentPayload }: Record<string, unknown>): void {
  const { from, nonce, value } = (paymentPayload as PaymentPayload).payload.authorization as Authorization;
  world.indexed.addSettlement({ payer: from, nonce, amount: BigInt(value) });
}

async function buy(at = world) {
  const accepted = quoteOf(await at.ask(GREETING, { method: "POST" }));
  const paying = await signed(accepted, { payer: wallet(), nowSec: world.clock.nowSec });
  const headers = { "Content-Type": "application/json", ...headerV2(accepted, paying) };
  return at.ask(GREETING, { method: "POST", headers, body: '{"name":"ada"}' });
}

/** Lets a request that waits for the index lose its patience. */
async function impatient<T>(asking: Promise<T>): Promise<T> {
  await expect.poll(() => world.indexed.waiting).toBeGreaterThan(0);
  world.clock.advance(3);
  return asking;
}

describe("an HTTP facilitator", () => {
  it("is asked to verify, then to settle, with the payment and our own requirements", async () => {
    expect((await buy()).status).toBe(200);
    expect(stub.asked.map(({ path }) => path)).toEqual(["/x402/verify", "/x402/settle"]);
    const { paymentPayload, paymentRequirements, x402Version } = (stub.asked[1]?.body ?? {}) as Record<
      string,
      PaymentPayload
    >;
    expect([x402Version, paymentPayload?.x402Version]).toEqual([2, 2]);
    expect(paymentRequirements).toMatchObject({ amount: "50000", payTo: RECEIVER });
    expect(paymentPayload?.accepted).toEqual(paymentRequirements);
  });

  it("is not believed when it says that it settled: the index is", async () => {
    stub.onSettle = () => {};
    const answer = await impatient(buy());
    expect([answer.status, answer.body.status]).toEqual([202, "settling"]);
    expect(answer.headers.get("payment-response")).toBeNull();
  });

  it.each([
    ["invalid_exact_evm_insufficient_balance", "insufficient_funds"],
    ["insufficient_funds", "insufficient_funds"],
    ["invalid_exact_evm_signature", "invalid_signature"],
    ["invalid_exact_evm_payload_authorization_valid_before", "expired"],
    ["invalid_exact_evm_payload_authorization_valid_after", "not_yet_valid"],
    ["invalid_exact_evm_recipient_mismatch", "recipient_mismatch"],
    ["eip6492_factory_not_allowed", "wallet_not_deployed"],
    ["invalid_exact_evm_token_name_mismatch", "requirements_mismatch"],
    [`could not reach ${SECRET}`, "refused"],
  ])("that says %s is told as %s", async (theirs, ours) => {
    stub.verify = { json: { isValid: false, invalidReason: theirs, invalidMessage: SECRET } };
    const answer = await buy();
    expect([answer.status, answer.body.error, answer.body.details.reason]).toEqual([402, "payment_invalid", ours]);
    expect(answer.text + [...answer.headers.values()].join()).not.toMatch(LEAK);
  });
});

describe("T10, T12: a facilitator that fails", () => {
  const failures = [
    ["is broken", { status: 500, json: { isValid: true, success: true, error: SECRET } }],
    ["talks nonsense", { text: `<html>${SECRET}</html>` }],
    ["says nothing of it", { json: {} }],
    ["says it in another type", { json: { isValid: "true", success: "true" } }],
    ["redirects", { status: 302, json: { isValid: true, success: true }, headers: { Location: "/elsewhere" } }],
    ["talks without end", { text: `{"isValid":true,"success":true,"x":"${"x".repeat(70_000)}"}` }],
    ["is busy", { status: 429, json: { error: SECRET } }],
  ] as const;

  it.each(failures)("at verification: %s — 503, and nothing is settled", async (_, said) => {
    stub.verify = said;
    const answer = await buy();
    expect([answer.status, answer.body.error]).toEqual([503, "payments_unavailable"]);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(stub.asked.map(({ path }) => path)).toEqual(["/x402/verify"]);
    expect(answer.text).not.toMatch(LEAK);
  });

  it.each(failures)("at settlement: %s — the index decides", async (_, said) => {
    stub.settle = said;
    expect((await buy()).status).toBe(200);
    stub.onSettle = () => {};
    const answer = await impatient(buy());
    expect([answer.status, answer.body.status]).toEqual([202, "settling"]);
    expect(answer.text + [...answer.headers.values()].join()).not.toMatch(LEAK);
  });

  it("with words that may mean anything is not taken at them", async () => {
    for (const errorReason of [
      "settlement_pending",
      "invalid_exact_evm_transaction_failed",
      "unexpected_error",
      SECRET,
    ]) {
      stub.settle = { json: { success: false, errorReason, errorMessage: SECRET, transaction: "" } };
      stub.onSettle = lands;
      expect((await buy()).status).toBe(200);
    }
  });

  it("for good is told as refused, in our own words", async () => {
    stub.settle = {
      json: { success: false, errorReason: "invalid_exact_evm_insufficient_balance", errorMessage: SECRET },
    };
    stub.onSettle = () => {};
    const answer = await buy();
    expect([answer.status, answer.body.details.reason]).toEqual([402, "insufficient_funds"]);
    expect(answer.text).not.toMatch(LEAK);
  });

  it("by being away does not stop a start, and payments go on when it is back", async () => {
    const gone = await startFacilitatorStub();
    const { port } = new URL(gone.url);
    await gone.close();
    const early = await world.sibling({ FACILITATOR_URL: `http://127.0.0.1:${port}` });
    expect((await early.ask(GREETING, { method: "POST" })).status).toBe(402);
    const answer = await buy(early);
    expect([answer.status, answer.body.error]).toEqual([503, "payments_unavailable"]);
    expect(await early.server.deps.facilitator?.health()).toBe(false);
    expect(await world.server.deps.facilitator?.health()).toBe(true);
    expect((await buy()).status).toBe(200);
    expect(world.logs.join()).not.toContain("SECRET");
  });
});
