import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asMerchant, atPage, pay, signed, unlocked } from "./paying.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

/** What its browser keeps of sessions, in whatever form. */
const kept = ({ page }: Visitor): Promise<string> => page.evaluate("JSON.stringify(localStorage)");

/** Presses pay and waits until the wallet has signed; what it signed does not get far. */
async function payOnSlowNetwork(visitor: Visitor): Promise<void> {
  visitor.wallet.hold();
  await pay(visitor);
  await visitor.sees("Payment sent. Waiting for the block …");
}

const paidOnce = (visitor: Visitor) =>
  expect(signed(visitor).map(({ method }) => method)).toEqual(["eth_sendTransaction"]);

describe("a payment at /<apiId> that is interrupted", () => {
  it("tells how far it is, and goes on after a reload", async () => {
    const visitor = await atPage(shop);
    await payOnSlowNetwork(visitor);
    await visitor.look("pay-in-progress");
    await visitor.page.reload();
    await visitor.sees(/^Begun on/);
    await visitor.sees(/^for 1\d:\d\d more/);
    expect(await visitor.page.getByText("Use another wallet").isVisible()).toBe(false);
    await visitor.look("pay-after-reload");
    await visitor.wallet.release();
    await unlocked(visitor);
    paidOnce(visitor);
  });

  it("is unlocked in a new tab when its own is lost", async () => {
    const visitor = await atPage(shop);
    await payOnSlowNetwork(visitor);
    const url = new URL(visitor.page.url());
    await visitor.page.close();
    await visitor.wallet.release();
    const again = await visitor.newTab();
    await again.open(url.pathname);
    await unlocked(again);
    paidOnce(visitor);
  });

  it("is not lost with a tab that closes while the wallet still asks", async () => {
    const visitor = await atPage(shop);
    const { page, wallet } = visitor;
    const url = new URL(page.url());
    const confirm = wallet.deferNext("eth_sendTransaction");
    await pay(visitor);
    await visitor.sees("Your wallet asks you to confirm the payment.");
    expect(await kept(visitor)).toMatch(/0x[0-9a-f]{64}/);
    await page.close();
    confirm();
    const again = await visitor.newTab();
    await again.open(url.pathname);
    await unlocked(again);
    paidOnce(visitor);
  });

  it("is seen in another tab that was open already", async () => {
    const visitor = await atPage(shop);
    const other = await visitor.newTab();
    await other.open(new URL(visitor.page.url()).pathname);
    await other.sees("Connect wallet");
    await pay(visitor);
    await unlocked(visitor);
    await unlocked(other);
    paidOnce(visitor);
  });

  it("can be taken up again after a reload, when the wallet was never answered", async () => {
    const visitor = await atPage(shop);
    const { page, wallet, press, sees } = visitor;
    wallet.deferNext("eth_sendTransaction");
    await pay(visitor);
    await sees("Your wallet asks you to confirm the payment.");
    await page.reload();
    await press("Continue paying");
    await unlocked(visitor);
  });
});

describe("a browser that keeps nothing", () => {
  it("is told so, and no money is taken that would be lost with its tab", async () => {
    const visitor = await shop.visit();
    await visitor.context.addInitScript(() => {
      const get = () => {
        throw new Error("denied");
      };
      Object.defineProperty(globalThis, "localStorage", { get });
    });
    await visitor.open(`/${await shop.sell()}`);
    await visitor.sees(/This browser keeps nothing for this page/);
    expect(await visitor.page.locator("#pay").isDisabled()).toBe(true);
  });
});

describe("time at /<apiId>", () => {
  it("runs out for a price: a new one is asked for, and paid", async () => {
    const visitor = await shop.visit();
    await visitor.page.clock.install();
    await visitor.open(`/${await shop.sell()}`);
    await visitor.press("Connect wallet");
    await visitor.sees("Pay 0.01 AVAX");
    await visitor.page.clock.fastForward("15:00");
    await visitor.sees("no more, it has run out");
    await visitor.look("pay-price-run-out");
    await visitor.press("Get a new price");
    await visitor.press("Pay 0.01 AVAX");
    await unlocked(visitor);
    paidOnce(visitor);
  });

  it("runs out for a session, which can be bought again", async () => {
    const visitor = await atPage(shop, { sell: { p_valid_for_sec: 4 } });
    await pay(visitor);
    await unlocked(visitor);
    await visitor.sees("Time is over");
    await visitor.press("Buy again");
    await visitor.press("Pay 0.01 AVAX");
    await unlocked(visitor);
  });

  it("is kept for several sessions, of which each can be used", async () => {
    const visitor = await atPage(shop);
    await pay(visitor);
    await unlocked(visitor);
    await visitor.press("Buy again");
    await visitor.press("Pay 0.01 AVAX");
    await unlocked(visitor);
    await visitor.sees("Paid from this browser");
    await visitor.look("pay-sessions");
    await visitor.page.reload();
    await unlocked(visitor);
    await visitor.press("Use");
    await unlocked(visitor);
    expect(signed(visitor)).toHaveLength(2);
  });

  it("goes on for who has paid, when the merchant has taken it off sale", async () => {
    const visitor = await shop.visit({ refusals: [404] });
    const apiId = await shop.sell();
    await visitor.open(`/${apiId}`);
    await pay(visitor);
    await unlocked(visitor);
    await asMerchant(shop, apiId, "delete");
    await visitor.page.reload();
    await unlocked(visitor);
    await visitor.sees('"AVAX/USD"');
  });
});
