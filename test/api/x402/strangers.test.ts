import type { Hex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Verified } from "../../../api/providers/facilitator.ts";
import { type Counter, openCounter, type Paying, signedInAs } from "./counter.ts";
import { wallet } from "./payer.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());

let effects: number;
beforeEach(() => {
  effects = counter.sales.effects.length;
  counter.facilitator.verdict = undefined;
  Object.assign(counter.world.chain, { isContractWallet: false, isDown: false });
});

const JUNK: Hex = `0x${"11".repeat(65)}`;
const WRAPPED: Hex = `0x${"11".repeat(65)}${"6492".repeat(16)}`;
const forged = (paying: Paying, signature: Hex): Paying => ({ ...paying, signed: { ...paying.signed, signature } });
const told = ({ status, body }: Awaited<ReturnType<Counter["pay"]>>) => [status, body.details?.reason ?? body.error];

describe("somebody who read a payer and a nonce from the chain, and has no signature", () => {
  const verdicts: Verified[] = [
    { ok: "unknown" },
    ...(["wallet_not_deployed", "already_used", "refused", "expired"] as const).map(
      (reason) => ({ ok: false, reason }) as const,
    ),
  ];

  it.each(verdicts)("gets nothing for it, even if a facilitator says $ok $reason", async (verdict) => {
    const paying = await counter.sign();
    counter.facilitator.carry(paying.signed.authorization);
    counter.facilitator.verdict = verdict;
    expect(told(await counter.pay(forged(paying, JUNK)))).toEqual([402, "invalid_signature"]);
    expect(told(await counter.pay(forged(paying, WRAPPED)))).toEqual([402, "wallet_not_deployed"]);
    const { authorization, signature } = paying.signed;
    const longer = { ...authorization, validBefore: String(Number(authorization.validBefore) + 60) };
    const stretched = { ...paying, signed: { authorization: longer, signature } };
    expect(told(await counter.pay(stretched))).toEqual([402, "invalid_signature"]);
    expect(counter.sales.effects.length).toBe(effects);
    counter.facilitator.verdict = undefined;
    expect((await counter.pay(paying)).status).toBe(200);
  });

  it("does not learn what the sale would say, nor that it could not be known", async () => {
    const paying = await counter.sign();
    const { verifies } = counter.facilitator;
    const body = { name: "ada", soldOut: true };
    expect(told(await counter.pay(forged(paying, JUNK), { body }))).toEqual([402, "invalid_signature"]);
    counter.world.chain.isDown = true;
    expect(told(await counter.pay(forged(paying, JUNK), { body }))).toEqual([503, "payments_unavailable"]);
    expect(counter.facilitator.verifies).toBe(verifies);
  });
});

describe("a contract that pays", () => {
  it("says itself whether it signed, also for what is on chain already", async () => {
    const payer = wallet();
    const paying = forged(await counter.sign({ payer }), `0x${"22".repeat(96)}`);
    counter.world.chain.contracts.add(payer.address.toLowerCase());
    counter.facilitator.carry(paying.signed.authorization);
    counter.facilitator.verdict = { ok: false, reason: "already_used" };
    expect(told(await counter.pay(paying))).toEqual([402, "invalid_signature"]);
    counter.world.chain.isContractWallet = true;
    expect((await counter.pay(paying)).status).toBe(200);
    expect(counter.sales.effects.length).toBe(effects + 1);
  });

  it("cannot be asked through a node that is away, and nobody is sent away for that", async () => {
    const payer = wallet();
    const paying = forged(await counter.sign({ payer }), `0x${"22".repeat(96)}`);
    counter.world.chain.contracts.add(payer.address.toLowerCase());
    counter.world.chain.isDown = true;
    expect(told(await counter.pay(paying))).toEqual([503, "payments_unavailable"]);
  });
});

describe("a payer who signed in", () => {
  it("claims with a good signature only", async () => {
    const payer = wallet();
    const paying = await counter.sign({ payer });
    counter.facilitator.carry(paying.signed.authorization);
    const headers = await signedInAs(counter.world, payer);
    expect(told(await counter.pay(forged(paying, JUNK), { headers }))).toEqual([402, "invalid_signature"]);
    expect((await counter.pay(paying, { headers })).status).toBe(200);
  });
});
