import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avalanche } from "../../contracts/chains.ts";
import { merchant } from "../../dev/accounts.ts";
import { deployToken } from "./deploy-token.ts";
import { pay, signed, unlocked } from "./paying.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

async function atGate(options?: Parameters<Shop["visit"]>[0]): Promise<Visitor> {
  const visitor = await shop.visit({ as: "merchant", ...options });
  await visitor.open("/gate");
  return visitor;
}

/** The least that has to be told. */
async function fillIn({ fill, press, page }: Visitor): Promise<void> {
  await fill("Its real address", `${shop.upstreamUrl}/quote`);
  await fill("Amount", "0.015");
  await press("Use my wallet");
  await expect.poll(() => page.getByLabel("Your wallet's address").inputValue()).toMatch(/^0x/);
}

/** What a program is asked for at the address that the page shows. */
async function asked({ page }: Visitor) {
  const url = await page.locator("#api-url").innerText();
  const response = await fetch(url);
  return { status: response.status, ...((await response.json()) as { data: Record<string, unknown> }) };
}

const apiIdOf = async ({ page }: Visitor): Promise<string> =>
  ((await page.locator("#page-link").getAttribute("href")) as string).slice(-36);

describe("/gate", () => {
  it("puts an API on sale by what people write, and shows where it is", async () => {
    const visitor = await atGate();
    const { page, fill, press, sees, look } = visitor;
    await fillIn(visitor);
    await fill("Name", "Quotes <of the day>");
    await fill("Description", "The price of AVAX in dollars, fresh with every call.");
    await page.getByLabel("One payment opens it for").selectOption("1 hour");
    await sees("1 % of each payment, 0.00015 AVAX");
    await sees("0.01485 AVAX of each 0.015 AVAX");
    await look("gate-filled-in");
    await press("Create");
    await sees("Your API is on sale");
    await look("gate-created");
    expect(await asked(visitor)).toMatchObject({
      status: 402,
      data: {
        ...{ amount_wei: "15000000000000000", valid_for_sec: 3_600, merchant_wallet: merchant.address },
        ...{ token_address: avalanche.tokens.AVAX, fee_bps: 100 },
      },
    });
  });

  it("keeps what was created through a reload, with lines to copy", async () => {
    const visitor = await atGate();
    const { page, press, sees } = visitor;
    await fillIn(visitor);
    await press("Create");
    await sees("Your API is on sale");
    await page.reload();
    await sees("Your API is on sale");
    await page.getByRole("button", { name: /copy/i }).nth(2).click();
    const copied = () => page.evaluate<string>("navigator.clipboard.readText()");
    await expect.poll(copied).toBe(`curl -i ${shop.dev.api}/api/${await apiIdOf(visitor)}`);
    await press("Create another");
    await sees("Its real address");
    await page.reload();
    await sees("Its real address");
  });

  it("shows nobody an API as his own because a link says so", async () => {
    const visitor = await atGate();
    await visitor.open(`/gate#${await shop.sell()}`);
    await visitor.page.reload();
    await visitor.sees("Its real address");
  });

  it("counts in any token, which is asked for its symbol and decimals", async () => {
    const token = await deployToken(shop.dev, "Local Gold", "GOLD");
    const visitor = await atGate();
    const { page, fill, press, sees } = visitor;
    await fillIn(visitor);
    await page.getByLabel("Paid in").selectOption("Another token…");
    await fill("The token's address", token);
    const before = visitor.wallet.asked.length;
    await press("Look it up");
    await sees("GOLD, 18 decimals");
    expect(visitor.wallet.asked).toHaveLength(before);
    await press("Create");
    await sees("Your API is on sale");
    expect(await asked(visitor)).toMatchObject({ data: { token_address: token, amount_wei: "15000000000000000" } });
  });

  it("takes methods, a time in seconds and secret headers, and tells nobody the last", async () => {
    const visitor = await atGate();
    const { page, fill, press, sees, look } = visitor;
    await fillIn(visitor);
    await page.getByLabel("One payment opens it for").selectOption("Another time…");
    await fill("Seconds", "90");
    await page.getByText("Methods and secret headers").click();
    await page.getByLabel("DELETE").uncheck();
    await press("Add a header");
    await fill("Header 1 name", "X-Api-Key");
    await fill("Header 1 value", "upstream-secret-4711");
    await look("gate-all-told");
    await press("Create");
    await sees("Your API is on sale");
    expect(await page.content()).not.toContain("upstream-secret-4711");
    expect(await asked(visitor)).toMatchObject({ data: { valid_for_sec: 90 } });
    const refused = await fetch(`${shop.dev.api}/api/${await apiIdOf(visitor)}`, { method: "DELETE" });
    expect(refused.status).toBe(405);
  });

  it("lists publicly once the merchant has signed in, and says so when he declines", async () => {
    const visitor = await atGate();
    const { page, wallet, press, sees } = visitor;
    await fillIn(visitor);
    await page.getByLabel("List it publicly").check();
    wallet.declineNext("personal_sign");
    await press("Create");
    await sees("You declined in your wallet.");
    await press("Create");
    await sees("Your API is on sale");
    const resources = await (await fetch(`${shop.dev.api}/discovery/resources?limit=100`)).text();
    expect(resources).toContain(await apiIdOf(visitor));
  });

  it("lists for nobody but the wallet that is paid", async () => {
    const visitor = await atGate({ as: "stranger" });
    const { page, fill, press, sees } = visitor;
    await fillIn(visitor);
    await fill("Your wallet's address", merchant.address);
    await page.getByLabel("List it publicly").check();
    await press("Create");
    await sees(/sign-in of the wallet that is paid/);
    expect(visitor.wallet.asked.map(({ method }) => method)).not.toContain("personal_sign");
  });
});

describe("from a merchant to a payer", () => {
  it("one puts an API on sale, another pays on its page, sees the answer, and makes requests of his own", async () => {
    const seller = await atGate();
    await fillIn(seller);
    await seller.fill("Its real address", `${shop.upstreamUrl}/echo`);
    await seller.press("Create");
    const link = (await seller.page.locator("#page-link").getAttribute("href")) as string;

    const payer = await shop.visit();
    await payer.page.goto(link);
    await pay(payer, "0.015 AVAX");
    await unlocked(payer);
    await payer.page.getByText("Make a request of your own").click();
    await payer.page.getByLabel("Method").selectOption("POST");
    await payer.fill("Path and query", "?city=Oslo");
    await payer.fill("Body", '{"days":3}');
    await payer.press("Send");
    await payer.sees('"Oslo"');
    await payer.sees(/"POST"/);
    await payer.look("pay-own-request");
    expect(signed(payer)).toHaveLength(1);

    await seller.press("Manage it");
    await seller.press("Sign in");
    const listed = seller.page.locator(".card").filter({ hasText: link });
    await listed.getByText("Calls, payers and earnings").click();
    await seller.sees(/0\.015 AVAX in 1 payment of 1 payer/);
  });
});

describe("/gate says what is wrong where it is wrong", () => {
  it.each([
    { label: "Its real address", value: "", words: /missing/ },
    { label: "Its real address", value: "http://10.0.0.7/inside", words: /https|public|private|not allowed/i },
    { label: "Amount", value: "1,5", words: /digits|number|decimal/i },
    { label: "Amount", value: "0.0000000000000000001", words: /decimal|digits/i },
    { label: "Your wallet's address", value: "0x1234", words: /address/ },
  ])("$label: $value", async ({ label, value, words }) => {
    const visitor = await atGate({ refusals: [400] });
    const { page, fill, press } = visitor;
    await fillIn(visitor);
    await fill(label, value);
    await press("Create");
    const wrong = page
      .locator(".field")
      .filter({ has: page.getByLabel(label) })
      .locator(".wrong");
    await wrong.waitFor();
    expect(await wrong.innerText()).toMatch(words);
    expect(await page.getByLabel(label).getAttribute("aria-invalid")).toBe("true");
    expect(await page.getByLabel(label).evaluate((control) => control === control.ownerDocument.activeElement)).toBe(
      true,
    );
  });

  it("and can be read by everyone then", async () => {
    const { press, look, sees } = await atGate();
    await press("Create");
    await sees("Is missing.");
    await look("gate-wrong");
  });

  it("says that a browser has no wallet", async () => {
    const { press, sees } = await atGate({ wallet: false });
    await press("Use my wallet");
    await sees(/No wallet was found/);
  });
});
