import type { Address } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avalanche, NATIVE_TOKEN } from "../../contracts/chains.ts";
import { asMerchant, atPage, pay, signed, unlocked } from "./paying.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

const inArena = { p_token_address: avalanche.tokens.ARENA as Address, p_amount_wei: "3000000000000000000" };

/** Presses pay, to approve first. */
async function payByApproval({ page, press }: Visitor): Promise<void> {
  await press("Connect wallet");
  await page.getByLabel("Approve, then pay").check();
  await press("Pay 3 ARENA");
}

const sentOn = (visitor: Visitor) =>
  signed(visitor).map(({ params }) => (params[0] as { chainId?: string } | undefined)?.chainId);

describe("a payment at /<apiId> that takes a turn", () => {
  it("goes back to its network when its payer has left that while his approval was under way", async () => {
    const visitor = await atPage(shop, { sell: inArena });
    const { wallet, sees } = visitor;
    wallet.hold();
    await payByApproval(visitor);
    await sees("Approved. Waiting for the block …");
    await wallet.switchTo(8453);
    await wallet.release();
    await unlocked(visitor);
    expect(wallet.chainId).toBe(43114);
    expect(sentOn(visitor)).toEqual(["0xa86a", "0xa86a"]);
  });

  it("sends nothing when he has left it in the last moment", async () => {
    const visitor = await atPage(shop);
    const { wallet, press, sees } = visitor;
    const confirm = wallet.deferNext("eth_sendTransaction");
    await pay(visitor);
    await sees("Your wallet asks you to confirm the payment.");
    await wallet.switchTo(8453);
    confirm();
    await sees(/chainId should be the active one/);
    await press("Continue paying");
    await unlocked(visitor);
  });

  it.each([
    { p_allowed_methods: ["GET"], what: "is asked for by itself" },
    { p_allowed_methods: ["POST"], what: "does something with every call" },
  ])("is seen whatever its wallet calls its transactions, for an API that $what", async ({ p_allowed_methods }) => {
    const sell = { ...inArena, p_allowed_methods, p_api_url: `${shop.upstreamUrl}/echo` };
    const visitor = await atPage(shop, { sell, wallet: { hasOwnHashes: true } });
    await payByApproval(visitor);
    await unlocked(visitor);
    expect(signed(visitor)).toHaveLength(2);
  });

  it("is not gone on with in another token than it was begun in", async () => {
    const visitor = await shop.visit();
    const { page, wallet, open, sees } = visitor;
    const apiId = await shop.sell(inArena);
    await open(`/${apiId}`);
    const confirm = wallet.deferNext("eth_sendTransaction");
    await pay(visitor, "3 ARENA");
    await sees("Your wallet asks you to confirm the payment.");
    await asMerchant(shop, apiId, { p_token_address: NATIVE_TOKEN, p_amount_wei: "7" });
    await page.reload();
    await sees(/the merchant asks for another token now/);
    expect(await page.getByText("Continue paying").isVisible()).toBe(false);
    confirm();
    await unlocked(visitor);
  });
});

describe("a payment for calls that do something, begun before a reload", () => {
  it("is not said to be there, and answers once it is", async () => {
    const sell = { p_allowed_methods: ["POST"], p_api_url: `${shop.upstreamUrl}/echo` };
    const visitor = await atPage(shop, { sell });
    const { page, wallet, press, sees } = visitor;
    const confirm = wallet.deferNext("eth_sendTransaction");
    await pay(visitor);
    await sees("Your wallet asks you to confirm the payment.");
    await page.reload();
    await sees(/Whether it was paid, your first request shows/);
    expect(await page.getByText("Unlocked").filter({ visible: true }).count()).toBe(0);
    confirm();
    await press("Send");
    await sees(/^Answered with status 200/);
    expect(signed(visitor)).toHaveLength(1);
  });
});

describe("a shop that does not answer for a moment", () => {
  const trouble = { code: "chain_unavailable", message: "The chain cannot be read right now." };

  it("is asked for its price again", async () => {
    const visitor = await shop.visit({ refusals: [503] });
    const apiId = await shop.sell(inArena);
    await visitor.page.route(`**/api/${apiId}`, (route) => route.fulfill({ status: 503, json: trouble }), { times: 1 });
    await visitor.open(`/${apiId}`);
    await visitor.sees(trouble.message);
    await visitor.press("Get a new price");
    await visitor.press("Connect wallet");
    await visitor.sees("How to pay");
    await visitor.press("Pay 3 ARENA");
    await unlocked(visitor);
  });

  it("is asked again by who has paid, and shows him no price", async () => {
    const visitor = await shop.visit({ refusals: [503] });
    const { page, press, sees } = visitor;
    const apiId = await shop.sell();
    await visitor.open(`/${apiId}`);
    await pay(visitor);
    await unlocked(visitor);
    await page.route(`**/api/${apiId}`, (route) => route.fulfill({ status: 503, json: trouble }), { times: 1 });
    await page.reload();
    await sees(/The chain cannot be read right now\. Calling again costs you nothing more\./);
    expect(await page.locator("#offer").isVisible()).toBe(false);
    await press("Call again");
    await sees('"AVAX/USD"');
  });

  it("is left alone when its payer turns to something else", async () => {
    const visitor = await atPage(shop);
    const { page, press } = visitor;
    await pay(visitor);
    await unlocked(visitor);
    await page.route("**/api/*", () => {}, { times: 1 });
    const asked = page.waitForRequest("**/api/*");
    await press("Call again");
    await asked;
    await press("Buy again");
    await press("Pay 0.01 AVAX");
    await unlocked(visitor);
    expect(await page.locator("#error").isVisible()).toBe(false);
  });
});
