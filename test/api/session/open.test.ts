import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, JSON_TYPE, type QuoteData, TOKEN, type World } from "../../world.ts";
import { merchantWallet, signedIn, strangerWallet } from "../support/wallet.ts";

const PRICE = 1_000n;
const VALID_FOR_SEC = 100;

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

async function quoted(fields: Record<string, unknown> = {}): Promise<{ apiId: string; quote: QuoteData }> {
  const apiId = await world.sell({ p_amount_wei: PRICE.toString(), p_valid_for_sec: VALID_FOR_SEC, ...fields });
  return { apiId, quote: (await world.ask(`/api/${apiId}`)).body.data };
}

const ask = ({ apiId, quote }: { apiId: string; quote: QuoteData }) =>
  world.ask(`/api/${apiId}`, { session: quote.session_id });
const secondsLeft = (expiresAt: string) => (Date.parse(expiresAt) - world.clock.nowMs()) / 1000;

describe("a session whose own id was paid on chain, as the seed's sample does", () => {
  it("unlocks, and the answer says that it is public", async () => {
    const sale = await quoted();
    world.pay(sale.quote, { open: true });
    const { status, body } = await ask(sale);
    expect(status).toBe(200);
    expect(body.data.session).toMatchObject({ binding: "public", session_id_hex: sale.quote.session_id });
    expect(secondsLeft(body.data.session.expires_at)).toBe(VALID_FOR_SEC);
  });

  it("adds payments up, and tells what has come so far", async () => {
    const sale = await quoted();
    world.pay(sale.quote, { open: true, amount: PRICE - 1n });
    const partial = await ask(sale);
    expect(partial.status).toBe(402);
    expect(partial.body.data.session_id).toBe(sale.quote.session_id);
    expect(partial.body.meta).toEqual({ received_wei: "999" });
    world.clock.advance(10);
    world.pay(sale.quote, { open: true, amount: 1n });
    const { status, body } = await ask(sale);
    expect(status).toBe(200);
    expect(secondsLeft(body.data.session.expires_at)).toBe(VALID_FOR_SEC);
  });

  it("lasts longer for every full price, at once or later, and dust changes nothing", async () => {
    const sale = await quoted();
    world.pay(sale.quote, { open: true, amount: 3n * PRICE + 500n });
    expect(secondsLeft((await ask(sale)).body.data.session.expires_at)).toBe(3 * VALID_FOR_SEC);

    world.clock.advance(3 * VALID_FOR_SEC);
    world.pay(sale.quote, { open: true, amount: 1n });
    const expired = await ask(sale);
    expect(expired.body.code).toBe("session_expired");
    expect(Date.parse(expired.body.meta.expired_at)).toBe(world.clock.nowMs());

    world.pay(sale.quote, { open: true, amount: 499n });
    expect(secondsLeft((await ask(sale)).body.data.session.expires_at)).toBe(VALID_FOR_SEC);
  });

  it("survives any amount: a price of one wei, paid with all the money in the world", async () => {
    const sale = await quoted({ p_amount_wei: "1" });
    world.pay(sale.quote, { open: true, amount: 2n ** 255n });
    expect((await ask(sale)).body.data.session.expires_at).toBe("9999-12-31T23:59:59.000Z");
  });

  it("counts a payment after the quote's end at the price of that time", async () => {
    const sale = await quoted();
    world.clock.advance(1_000);
    world.pay(sale.quote, { open: true });
    expect((await ask(sale)).status).toBe(200);
  });

  it("goes on when a bound session that has run out is paid again this way", async () => {
    const sale = await quoted();
    world.pay(sale.quote);
    expect((await ask(sale)).body.data.session.binding).toBe("bound");
    world.clock.advance(VALID_FOR_SEC);
    expect((await ask(sale)).body.code).toBe("session_expired");
    world.pay(sale.quote, { open: true });
    const { body } = await ask(sale);
    expect(body.data.session.binding).toBe("public");
    expect(secondsLeft(body.data.session.expires_at)).toBe(VALID_FOR_SEC);
  });

  it("is bound when both ids were paid", async () => {
    const sale = await quoted();
    world.pay(sale.quote, { open: true });
    world.pay(sale.quote);
    expect((await ask(sale)).body.data.session.binding).toBe("bound");
  });
});

describe("a session id that is paid after an edit and after its quote's end", () => {
  const edit = async (apiId: string, fields: Record<string, unknown>) => {
    const headers = { ...JSON_TYPE, ...(await signedIn(world, merchantWallet)) };
    const body = JSON.stringify(fields);
    const { status } = await world.ask(`/api/402/apis/${apiId}`, { method: "PATCH", headers, body });
    expect(status).toBe(200);
  };

  it("buys nothing with the old token: the new price's number counts another", async () => {
    const sale = await quoted({ p_amount_wei: "100000000000000000" });
    world.clock.advance(10);
    await edit(sale.apiId, { p_token_address: TOKEN, p_amount_wei: "1000000" });
    world.clock.advance(1_000);
    world.pay(sale.quote, { open: true, amount: 1_000_000n });
    const { status, body } = await ask(sale);
    expect([status, body.code]).toEqual([402, "payment_required"]);
    expect(body.data.session_id).not.toBe(sale.quote.session_id);
  });

  it("buys nothing with a payment to the former merchant", async () => {
    const sale = await quoted();
    world.clock.advance(10);
    await edit(sale.apiId, { p_merchant_wallet: strangerWallet.address });
    world.clock.advance(1_000);
    world.pay(sale.quote, { open: true });
    expect((await ask(sale)).status).toBe(402);
  });

  it("costs the new price when only that changed", async () => {
    const sale = await quoted();
    world.clock.advance(10);
    await edit(sale.apiId, { p_amount_wei: (2n * PRICE).toString() });
    world.clock.advance(1_000);
    world.pay(sale.quote, { open: true });
    expect((await ask(sale)).status).toBe(402);
    world.pay(sale.quote, { open: true });
    expect((await ask(sale)).status).toBe(200);
  });
});
