import { createPublicClient, erc20Abi, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anvilHttp } from "../../dev/anvil-http.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import { answer, askedWith, errorOf, keptSecret, signedIn } from "./signed-in.ts";
import type { Visitor } from "./visitor.ts";

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

/** An answer to a text takes its time, and the page does not know that one comes. */
const POLLING = { timeout: 60_000, interval: 500 };

/** What the wallet holds, in 1e-6 USDC. */
function usdcOf({ wallet }: Visitor): Promise<bigint> {
  const { rpc, usdc } = shop.dev.chains["8453"] as { rpc: string; usdc: Hex };
  const chain = createPublicClient({ transport: anvilHttp(rpc) });
  return chain.readContract({ address: usdc, abi: erc20Abi, functionName: "balanceOf", args: [wallet.address] });
}

const signatures = ({ wallet }: Visitor) => wallet.asked.filter(({ method }) => method === "eth_signTypedData_v4");

/** Asks for a top-up and looks at its terms. */
async function wantsTopUp(visitor: Visitor, amount: string): Promise<void> {
  await visitor.press("Top up");
  await visitor.fill("Amount", amount);
  await answer(visitor, "Go on");
}

describe("a top-up", () => {
  it("tells its terms, asks for the network, pays with one signature and gives its key once", async () => {
    const visitor = await signedIn(shop, "balance", { as: "stranger", wallet: { knows: [43114] } });
    const { sees, look, wallet, page } = visitor;
    const before = await usdcOf(visitor);
    await wantsTopUp(visitor, "1");
    expect(await errorOf(visitor)).toBe("Write an amount of $2 or more, in whole cents.");
    await visitor.fill("Amount", "7.50");
    await answer(visitor, "Go on");
    await sees("$7.50 in USDC");
    await sees(shop.dev.chains["8453"]?.receiver as string);
    await look("dashboard-top-up");
    wallet.declineNext("eth_signTypedData_v4");
    await answer(visitor, "Pay $7.50");
    await sees("You declined in your wallet.");
    expect(await usdcOf(visitor)).toBe(before);
    await answer(visitor, "Pay $7.50");
    await sees("I have kept it");
    await look("dashboard-key-once");
    const key = await keptSecret(visitor);
    await sees("$7.50 were added to your balance.");
    await look("dashboard-balance");
    expect(await usdcOf(visitor)).toBe(before - 7_500_000n);
    expect((await askedWith(shop, key)).body.balance_usd).toBe(7.5);
    expect(wallet.asked.map(({ method }) => method)).toContain("wallet_addEthereumChain");
    // The key spends what was paid, and opens nothing else.
    expect((await askedWith(shop, key, "/api/v1/keys")).status).toBe(403);
    expect(await page.content()).not.toContain(key);
  });

  it("says that the wallet holds too little, and nothing is charged", async () => {
    const visitor = await signedIn(shop, "balance", { as: "stranger" });
    const before = await usdcOf(visitor);
    await wantsTopUp(visitor, "10000");
    await answer(visitor, "Pay $10,000.00");
    await visitor.sees("This wallet does not hold enough USDC. Nothing was charged.");
    expect(await usdcOf(visitor)).toBe(before);
    expect(await visitor.page.evaluate("Object.keys(localStorage).join()")).not.toContain("purchase");
  });

  it("is paid once and gives its key, when the tab is lost before the answer comes", async () => {
    const visitor = await signedIn(shop, "balance", { as: "payer" });
    const { page } = visitor;
    const before = await usdcOf(visitor);
    let answered = () => {};
    const isAnswered = new Promise<void>((resolve) => {
      answered = resolve;
    });
    await page.route("**/api/v1/x402/topup", async (route) => {
      if (!route.request().headers()["payment-signature"]) return route.continue();
      // The server hears it and answers, and nobody here is told.
      await route.fetch();
      answered();
    });
    await wantsTopUp(visitor, "5");
    await answer(visitor, "Pay $5.00");
    await isAnswered;
    const tab = await visitor.newTab();
    await page.close();
    await tab.open("/dashboard#balance");
    await tab.press("Sign in");
    await tab.sees("its answer did not arrive");
    await tab.look("dashboard-unfinished");
    await tab.press("See what became of it");
    await answer(tab, "Ask for the answer");
    const key = await keptSecret(tab);
    expect((await askedWith(shop, key)).body.balance_usd).toBe(5);
    expect(await usdcOf(visitor)).toBe(before - 5_000_000n);
    expect(signatures(visitor)).toHaveLength(1);
    await expect.poll(() => tab.page.getByText("its answer did not arrive").isVisible()).toBe(false);
  });
});

describe("two tabs", () => {
  it("do not both pay: what the one has under way would be forgotten for the other's", async () => {
    const visitor = await signedIn(shop, "balance", { as: "payer" });
    const before = await usdcOf(visitor);
    const other = await visitor.newTab();
    await other.open("/dashboard#balance");
    await other.press("Sign in");
    await wantsTopUp(other, "3");
    await other.sees("$3.00 in USDC");
    await wantsTopUp(visitor, "4");
    const sent = Promise.withResolvers<void>();
    await visitor.page.route("**/api/v1/x402/topup", (route) => {
      if (!route.request().headers()["payment-signature"]) return route.continue();
      // The network hangs: whether it is paid is not known.
      sent.resolve();
    });
    await answer(visitor, "Pay $4.00");
    await sent.promise;
    await answer(other, "Pay $3.00");
    await other.sees("“Top up $4.00” is not finished: see first what became of it.");
    expect(await usdcOf(visitor)).toBe(before);
    expect(await other.page.evaluate("JSON.stringify(localStorage)")).toContain("Top up $4.00");
  });

  it("are told when what is sold has another recipient than was shown", async () => {
    const visitor = await signedIn(shop, "balance", { as: "payer" });
    const before = await usdcOf(visitor);
    await wantsTopUp(visitor, "3");
    await visitor.sees("$3.00 in USDC");
    await visitor.page.route("**/api/v1/x402/topup", async (route) => {
      const response = await route.fetch();
      const header = Buffer.from(response.headers()["payment-required"] ?? "", "base64").toString();
      const { receiver = "" } = shop.dev.chains["8453"] ?? {};
      const changed = header.replaceAll(new RegExp(receiver, "gi"), `0x${"ab".repeat(20)}`);
      expect(changed).not.toBe(header);
      const headers = { ...response.headers(), "payment-required": Buffer.from(changed).toString("base64") };
      await route.fulfill({ response, headers });
    });
    await answer(visitor, "Pay $3.00");
    await visitor.sees("The offer has changed. Close this and look again.");
    expect([signatures(visitor), await usdcOf(visitor)]).toEqual([[], before]);
  });
});

describe("a line", () => {
  it("is bought, sends a text, shows what comes of it and what comes back, and is renewed", async () => {
    const visitor = await signedIn(shop, "lines", { as: "payer", refusals: [400] });
    const { press, fill, sees, look, page } = visitor;
    await press("Get a line");
    await fill("Country", "1");
    await answer(visitor, "Go on");
    expect(await errorOf(visitor)).toBe("Write the country's two letters, such as US.");
    await fill("Country", "us");
    await answer(visitor, "Go on");
    await answer(visitor, "Pay $100.00");
    await sees(/^\+1\d{10} is yours\.$/);
    await sees("10,000 texts left");

    await press("Send a text");
    await fill("To", "nobody");
    await page.getByRole("textbox", { name: "Message" }).fill("Reply And good day to you!");
    await answer(visitor, "Send");
    expect(await errorOf(visitor)).toContain("To must be a phone number in E.164 form");
    await fill("To", "+1 (212) 555-0123");
    await answer(visitor, "Send");
    await sees("The text is on its way.");
    await page.locator(".outbound").getByText("delivered").waitFor();
    const repliesSeen = async () => {
      await press("Refresh");
      await page.locator("#lines-list[aria-busy]").waitFor({ state: "detached" });
      return page.locator(".inbound").allInnerTexts();
    };
    await expect.poll(repliesSeen, POLLING).toEqual([expect.stringContaining("And good day to you!")]);
    await sees("9,999 texts left");
    await look("dashboard-lines");

    await press("Renew for $60.00");
    await answer(visitor, "Pay $60.00");
    await sees("The line is renewed.");
    await sees("14,999 texts left");
  });
});
