import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { type Hex, verifyMessage, verifyTypedData } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { guard } from "./guards.ts";
import { findings, overflow } from "./look.ts";
import type { PageWithWallet } from "./provider.ts";
import { launch } from "./shop.ts";
import { type VisitOptions, visit } from "./visitor.ts";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
const DOCUMENT = (body: string) =>
  `<!doctype html><html lang="en"><title>A page</title><link rel="icon" href="data:,"><main><h1>A page</h1>${body}</main>`;

const PAGES: Record<string, string> = {
  "/good": DOCUMENT(`<label>Name <input></label><script type="module" src="/good.js"></script>`),
  "/good.js": "document.querySelector('h1').append('!');".padEnd(1_000),
  "/foreign": DOCUMENT(`<img src="http://other.example/pixel.png" alt="">`),
  "/inline": DOCUMENT("<script>document.title = 'mine'</script>"),
  "/throws": DOCUMENT(`<script type="module" src="/throws.js"></script>`),
  "/throws.js": "throw new Error('on purpose')",
  "/talks": DOCUMENT(`<script type="module" src="/talks.js"></script>`),
  "/talks.js": "console.warn('odd')",
  "/unlabelled": DOCUMENT("<input>"),
  "/pale": DOCUMENT(`<p><font color="#cccccc">hardly to be read</font></p>`),
  "/wide": DOCUMENT(`<table width="3000"><tr><td>wide</td></tr></table>`),
};

let server: Server;
let browser: Browser;
let origin: string;
const key = generatePrivateKey();
const { address } = privateKeyToAccount(key);

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => {
    const body = PAGES[url];
    const type = url.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
    // Only what is planted breaks a policy.
    response.setHeader("Content-Security-Policy", url === "/foreign" ? "" : POLICY);
    response.statusCode = body ? 200 : 404;
    response.setHeader("Content-Type", type);
    response.end(body ?? DOCUMENT(""));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  server?.close();
});

const open = (options?: VisitOptions) =>
  visit(
    {
      browser,
      origin,
      key,
      rpcUrls: new Map([
        [1, ""],
        [43114, ""],
      ]),
    },
    options,
  );

describe("guards", () => {
  it("find nothing on a good page, and weigh its script as it came over the wire", async () => {
    const visitor = await open();
    await visitor.open("/good");
    await visitor.sees("A page!");
    const script = { url: `${origin}/good.js`, bytes: 1_000, encoding: undefined };
    await expect.poll(visitor.scripts).toEqual([script]);
  });

  it.each([
    ["/foreign", "asked another host: http://other.example/pixel.png"],
    ["/inline", "Content Security Policy"],
    ["/throws", "nobody caught: Error: on purpose"],
    ["/talks", "the console says: odd"],
    ["/missing", "status of 404"],
  ])("see what is wrong with %s", async (path, fault) => {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const guards = guard(context, origin, []);
    await (await context.newPage()).goto(origin + path);
    await expect.poll(guards.faults, { timeout: 60_000 }).toContainEqual(expect.stringContaining(fault));
  });

  it.fails("fail the test of who came", async () => {
    const visitor = await open();
    await visitor.open("/missing");
  });

  it("let a refusal be that is meant to be met", async () => {
    const visitor = await open({ refusals: [404] });
    await visitor.open("/missing");
  });
});

describe("a look", () => {
  it.each([
    ["/unlabelled", "critical label"],
    ["/pale", "serious color-contrast"],
  ])("finds what is wrong with %s", async (path, finding) => {
    const { open: go, page } = await open();
    await go(path);
    expect(await findings(page)).toEqual([expect.stringContaining(finding)]);
    expect(await overflow(page)).toEqual([]);
  });

  it("finds what makes a page scroll sideways", async () => {
    const { open: go, page } = await open();
    await go("/wide");
    expect(await overflow(page)).toContainEqual(expect.stringContaining("<table"));
  });
});

describe("the wallet", () => {
  type Requests = (method: string, params?: unknown[]) => Promise<unknown>;

  async function atPage(
    options: VisitOptions = {},
  ): Promise<{ visitor: Awaited<ReturnType<typeof open>>; request: Requests }> {
    const visitor = await open(options);
    await visitor.open("/good");
    const request: Requests = (method, params) =>
      visitor.page.evaluate(
        (asked) => {
          const { ethereum } = globalThis as unknown as { ethereum: { request(asked: unknown): Promise<unknown> } };
          return ethereum.request(asked).catch(({ code }) => ({ code }));
        },
        { method, params },
      );
    return { visitor, request };
  }

  it("tells its account only to pages that it was connected to, and says no when told to", async () => {
    const { visitor, request } = await atPage();
    expect(await request("eth_accounts")).toEqual([]);
    expect(await request("personal_sign", ["0x00", address])).toEqual({ code: 4100 });
    visitor.wallet.declineNext("eth_requestAccounts");
    expect(await request("eth_requestAccounts")).toEqual({ code: 4001 });
    expect(await request("eth_requestAccounts")).toEqual([address.toLowerCase()]);
    expect(await request("eth_accounts")).toEqual([address.toLowerCase()]);
    expect(visitor.wallet.asked.map(({ method }) => method)).toContain("personal_sign");
  });

  it("signs messages and typed data with its key, for the network it is on", async () => {
    const { request } = await atPage();
    await request("eth_requestAccounts");
    const signature = (await request("personal_sign", ["0x6869", address])) as Hex;
    expect(await verifyMessage({ address, message: "hi", signature })).toBe(true);
    const types = { Mail: [{ name: "text", type: "string" }] };
    const data = { domain: { chainId: 43114 }, types, primaryType: "Mail", message: { text: "hi" } } as const;
    const told = { ...data, types: { ...types, EIP712Domain: [{ name: "chainId", type: "uint256" }] } };
    const typed = (await request("eth_signTypedData_v4", [address, JSON.stringify(told)])) as Hex;
    expect(await verifyTypedData({ ...data, address, signature: typed })).toBe(true);
    expect(await request("eth_signTypedData_v4", [address, JSON.stringify(data)])).toEqual({ code: -32602 });
    const elsewhere = JSON.stringify({ ...told, domain: { chainId: 1 } });
    expect(await request("eth_signTypedData_v4", [address, elsewhere])).toEqual({ code: -32603 });
  });

  it("does not know a network until it is added", async () => {
    const { visitor, request } = await atPage({ wallet: { chainId: 1, knows: [1] } });
    const chainId = "0xa86a";
    expect(await request("wallet_switchEthereumChain", [{ chainId }])).toEqual({ code: 4902 });
    const chain = { chainId, chainName: "Avalanche", nativeCurrency: { name: "AVAX", symbol: "AVAX", decimals: 18 } };
    expect(await request("wallet_addEthereumChain", [{ ...chain, rpcUrls: ["http://rpc.example"] }])).toEqual({
      code: -32602,
    });
    expect(await request("wallet_addEthereumChain", [{ ...chain, rpcUrls: ["https://rpc.example"] }])).toBeNull();
    expect(await request("eth_chainId")).toBe(chainId);
    expect(visitor.wallet.chainId).toBe(43114);
  });

  it.each([
    { isAnnounced: true, isInjected: false },
    { isAnnounced: false, isInjected: true },
  ])("is found by pages as it was told to be: %o", async (look) => {
    const { visitor } = await atPage({ wallet: look });
    const found = await visitor.page.evaluate(() => {
      const page = globalThis as unknown as PageWithWallet;
      let isAnnounced = false;
      page.addEventListener("eip6963:announceProvider", () => {
        isAnnounced = true;
      });
      page.dispatchEvent(new Event("eip6963:requestProvider"));
      return { isAnnounced, isInjected: "ethereum" in page };
    });
    expect(found).toEqual(look);
  });
});
