import { gzipSync } from "node:zlib";
import { type Address, createPublicClient, decodeFunctionData, erc20Abi, type Hex, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { avalanche, NATIVE_TOKEN } from "../../contracts/chains.ts";
import { merchant } from "../../dev/accounts.ts";
import { anvilHttp } from "../../dev/anvil-http.ts";
import { asMerchant, atPage, pay, signed, unlocked } from "./paying.ts";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";

const ARENA = avalanche.tokens.ARENA as Address;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

const chain = () => createPublicClient({ transport: anvilHttp(shop.dev.chains["43114"]?.rpc) });

const held = (token: Address) =>
  token === NATIVE_TOKEN
    ? chain().getBalance({ address: merchant.address })
    : chain().readContract({ address: token, abi: erc20Abi, functionName: "balanceOf", args: [merchant.address] });

const allowed = ({ wallet }: Visitor) =>
  chain().readContract({
    address: ARENA,
    abi: erc20Abi,
    functionName: "allowance",
    args: [wallet.address, shop.dev.chains["43114"]?.gateway as Address],
  });

const signedMethods = (visitor: Visitor) => signed(visitor).map(({ method }) => method);

describe("/<apiId>", () => {
  it("tells what is sold before anything is signed, takes AVAX, and shows the answer", async () => {
    const visitor = await atPage(shop, { sell: { p_name: "Quotes of the day", p_description: "AVAX in dollars." } });
    const { page, press, sees, look, wallet } = visitor;
    for (const words of ["Quotes of the day", "AVAX in dollars.", "0.01 AVAX", "5 minutes", merchant.address])
      await sees(words);
    await sees("0.0001 AVAX of it (1 %); the merchant gets 0.0099 AVAX");
    await sees(/for 1\d:\d\d more/);
    await look("pay-offer");
    await press("Connect wallet");
    await sees("Pay 0.01 AVAX");
    await look("pay-connected");
    const before = await held(NATIVE_TOKEN);
    await press("Pay 0.01 AVAX");
    await unlocked(visitor);
    await sees('"AVAX/USD"');
    await look("pay-unlocked");
    expect((await held(NATIVE_TOKEN)) - before).toBe(parseEther("0.0099"));
    expect(signedMethods(visitor)).toEqual(["eth_sendTransaction"]);
    const answered = page.waitForResponse((response) => response.url().includes("/api/"));
    await press("Call again");
    expect((await answered).status()).toBe(200);
    expect(wallet.asked.filter(({ method }) => method === "eth_sendTransaction")).toHaveLength(1);
  });

  it("gives a line that programs can use", async () => {
    const visitor = await atPage(shop);
    await pay(visitor);
    await visitor.sees("Use it from a program");
    await visitor.page.getByText("Use it from a program").click();
    const line = await visitor.page.locator("#curl").innerText();
    const [, session, url] = /^curl -H 'X-402-Session: (0x[0-9a-f]{64})' '([^']+)'$/.exec(line) ?? [];
    const answer = await fetch(url as string, { headers: { "X-402-Session": session as string } });
    expect(answer.status).toBe(200);
  });

  it("takes a token by an approval of the exact price, and leaves none behind", async () => {
    const fields = { p_token_address: ARENA, p_amount_wei: parseEther("2.5").toString() };
    const visitor = await atPage(shop, { sell: fields });
    const { page, press, look } = visitor;
    await press("Connect wallet");
    await page.getByLabel("Approve, then pay").check();
    await look("pay-ways");
    const before = await held(ARENA);
    await press("Pay 2.5 ARENA");
    await unlocked(visitor);
    expect((await held(ARENA)) - before).toBe(parseEther("2.475"));
    expect(await allowed(visitor)).toBe(0n);
    expect(signedMethods(visitor)).toEqual(["eth_sendTransaction", "eth_sendTransaction"]);
    const [approval] = (signed(visitor)[0]?.params as { data: Hex }[] | undefined) ?? [];
    expect(decodeFunctionData({ abi: erc20Abi, data: approval?.data as Hex })).toEqual({
      functionName: "approve",
      args: [shop.dev.chains["43114"]?.gateway, parseEther("2.5")],
    });
  });

  it("takes a token by permit: one signature, one transaction", async () => {
    const fields = { p_token_address: ARENA, p_amount_wei: "3", p_api_url: `${shop.upstreamUrl}/text` };
    const visitor = await atPage(shop, { sell: fields });
    await pay(visitor, "0.000000000000000003 ARENA");
    await visitor.sees("You paid for this line of text.");
    await visitor.look("pay-unlocked-text");
    expect(signedMethods(visitor)).toEqual(["eth_signTypedData_v4", "eth_sendTransaction"]);
    expect(await allowed(visitor)).toBe(0n);
  });

  it("shows an image as one", async () => {
    const visitor = await atPage(shop, { sell: { p_api_url: `${shop.upstreamUrl}/image` } });
    await pay(visitor);
    const image = visitor.page.getByAltText("The answer is this image.");
    await image.waitFor();
    await expect
      .poll(() => image.evaluate((shown) => (shown as unknown as { naturalWidth: number }).naturalWidth))
      .toBe(1);
  });

  it("weighs at most 70 KB of script, gzipped", async () => {
    const visitor = await atPage(shop);
    await visitor.sees("Connect wallet");
    await expect.poll(visitor.scripts).toHaveLength(1);
    const [script] = await visitor.scripts();
    const packed = gzipSync(await (await fetch(script?.url as string)).text());
    console.log(`/<apiId>: ${script?.bytes} bytes of script came as ${script?.encoding}, ${packed.length} gzipped`);
    expect(script?.bytes).toBeLessThanOrEqual(70_000);
    expect(packed.length).toBeLessThanOrEqual(70_000);
  });
});

describe("/<apiId> where nothing is for sale", () => {
  it("says that its merchant has paused it", async () => {
    const apiId = await shop.sell();
    await asMerchant(shop, apiId, "pause");
    const visitor = await shop.visit();
    await visitor.open(`/${apiId}`);
    await visitor.sees(/has paused this API/);
    await visitor.look("pay-paused");
  });

  it("tells of one that was taken off sale no more than of one that never was", async () => {
    const [words, sold]: [string[], string] = [[], await shop.sell()];
    await asMerchant(shop, sold, "delete");
    for (const apiId of [sold, crypto.randomUUID()]) {
      const visitor = await shop.visit({ refusals: [404] });
      await visitor.open(`/${apiId}`);
      await visitor.sees("Nothing for sale here");
      words.push(await visitor.page.locator("body").innerText());
      if (words.length === 1) await visitor.look("pay-gone");
    }
    expect(words[0]).toBe(words[1]);
  });
});

describe("/<apiId> with wallets that are not ready", () => {
  it("asks one on another network to switch", async () => {
    const visitor = await atPage(shop, { wallet: { chainId: 1, knows: [1, 43114] } });
    await pay(visitor);
    await unlocked(visitor);
    expect(visitor.wallet.asked).toContainEqual({
      method: "wallet_switchEthereumChain",
      params: [{ chainId: "0xa86a" }],
    });
  });

  it("adds the network to one that does not know it", async () => {
    const visitor = await atPage(shop, { wallet: { chainId: 1, knows: [1] } });
    await pay(visitor);
    await unlocked(visitor);
    expect(visitor.wallet.asked.map(({ method }) => method)).toContain("wallet_addEthereumChain");
  });

  it.each(["wallet_switchEthereumChain", "eth_requestAccounts", "eth_sendTransaction"])(
    "says so when its person declines, and can be asked again: %s",
    async (method) => {
      const visitor = await atPage(shop, { wallet: { chainId: 1, knows: [1, 43114] } });
      const { wallet, press, sees } = visitor;
      wallet.declineNext(method);
      await press("Connect wallet");
      if (method !== "eth_requestAccounts") await press("Pay 0.01 AVAX");
      await sees("You declined in your wallet.");
      if (method === "eth_sendTransaction") await visitor.look("pay-declined");
      if (method === "eth_requestAccounts") await press("Connect wallet");
      await press("Pay 0.01 AVAX");
      await unlocked(visitor);
    },
  );

  it("says so when a permit is declined, and takes an approval then", async () => {
    const visitor = await atPage(shop, { sell: { p_token_address: ARENA, p_amount_wei: "3000000000000000000" } });
    const { page, wallet, press, sees } = visitor;
    wallet.declineNext("eth_signTypedData_v4");
    await pay(visitor, "3 ARENA");
    await sees("You declined in your wallet.");
    await page.getByLabel("Approve, then pay").check();
    await press("Pay 3 ARENA");
    await unlocked(visitor);
  });

  it("sends nothing on another chain that goes by the same number", async () => {
    const base = shop.dev.chains["8453"]?.rpc as string;
    const visitor = await atPage(shop, { wallet: { nodes: { 43114: base } } });
    await pay(visitor);
    await visitor.sees(/is not the Avalanche C-Chain that is paid on here: nothing was sent/);
    await visitor.look("pay-other-chain");
    expect(signed(visitor)).toEqual([]);
  });

  it("says what an account holds when it is not enough", async () => {
    const visitor = await atPage(shop, { sell: { p_amount_wei: parseEther("5000000").toString() } });
    await visitor.press("Connect wallet");
    await visitor.press(/^Pay 5/);
    await visitor.sees(/This account holds .* AVAX, and the price is/);
    expect(signed(visitor)).toEqual([]);
  });

  it.each([
    { isAnnounced: true, isInjected: false },
    { isAnnounced: false, isInjected: true },
  ])("finds them however they show themselves: %o", async (wallet) => {
    const visitor = await atPage(shop, { wallet });
    await pay(visitor);
    await unlocked(visitor);
  });

  it("says so when there is none", async () => {
    const visitor = await atPage(shop, { wallet: false });
    await visitor.press("Connect wallet");
    await visitor.sees(/No wallet was found/);
    await visitor.look("pay-no-wallet");
  });
});
