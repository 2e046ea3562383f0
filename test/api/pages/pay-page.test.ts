import { getAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PayData } from "../../../api/storefront/pages/browser/pay/data.ts";
import { createWorld, GATEWAY, MERCHANT, NATIVE, TOKEN, type World } from "../../world.ts";
import { merchantWallet, signedIn } from "../support/wallet.ts";

const STRANGE = getAddress(`0x${"ab".repeat(20)}`);
const NOBODYS = "00000000-0000-4000-8000-000000000000";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const dataIn = (text: string): PayData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? "null");

async function pageOf(apiId: string, at = world) {
  const { status, text, headers } = await at.ask(`/${apiId}`);
  return { status, text, headers, data: dataIn(text) };
}

/** A token that answers as told, at an address of its own: what a token said once is not asked again. */
function token(said: { symbol?: string; decimals?: number }): `0x${string}` {
  const address = getAddress(`0x${(world.chain.tokens.size + 1).toString(16).padStart(40, "a")}`);
  world.chain.tokens.set(address.toLowerCase(), { name: "Token", ...said });
  return address;
}

async function manage(apiId: string, verb: string) {
  const headers = await signedIn(world, merchantWallet);
  const method = verb === "delete" ? "DELETE" : "POST";
  await world.ask(`/api/402/apis/${apiId}${verb === "delete" ? "" : `/${verb}`}`, { method, headers });
}

describe("GET /<apiId>: 200", () => {
  it("tells price, time, recipient and contract before any script runs, and the upstream never", async () => {
    const apiId = await world.sell({ p_name: "Weather", p_description: "Rain & sun", p_valid_for_sec: 5_400 });
    const { status, text, headers } = await pageOf(apiId);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-cache");
    for (const told of ["Weather", "Rain &amp; sun", "0.1 AVAX", "1 hour 30 minutes", MERCHANT, GATEWAY])
      expect(text).toContain(told);
    expect(text).toContain(`${world.url}/api/${apiId}`);
    expect(text).not.toContain(world.upstream.host);
  });

  it("hands its script what a wallet needs to know, and no RPC URL of ours", async () => {
    const apiId = await world.sell({ p_allowed_methods: ["GET", "POST"] });
    const { data } = await pageOf(apiId);
    expect(data).toMatchObject({
      apiId,
      state: "active",
      url: `${world.url}/api/${apiId}`,
      methods: ["GET", "POST"],
      contract: GATEWAY,
      chain: { id: 43114, nativeSymbol: "AVAX", firstBlockHash: world.chain.firstBlockHash },
      token: { address: NATIVE, isNative: true, symbol: "AVAX", decimals: 18 },
    });
    expect(data.chain.rpcUrl).toMatch(/^https:/);
  });

  it("tells amounts of a token that we know by the name that we know it by", async () => {
    world.chain.tokens.set(TOKEN.toLowerCase(), { name: "Arena", symbol: "FAKE", decimals: 6 });
    const { text, data } = await pageOf(await world.sell({ p_token_address: TOKEN, p_amount_wei: "2500000" }));
    expect(text).toContain("2.5 ARENA");
    expect(text).not.toContain("not one that we know");
    expect(data.token).toEqual({ address: TOKEN, isNative: false, symbol: "ARENA", decimals: 6 });
  });

  it("warns of a token that only says itself what it is called", async () => {
    const { text } = await pageOf(
      await world.sell({ p_token_address: token({ symbol: "MINE", decimals: 2 }), p_amount_wei: "150" }),
    );
    expect(text).toContain("1.5 MINE");
    expect(text).toContain("not one that we know");
  });

  it.each(["AVAX", "usdc", "ARENA", "AVÁX", "A B", "<b>", "VERYLONGSYMBOL"])(
    "calls a token that says it is %s by its address",
    async (symbol) => {
      const address = token({ symbol, decimals: 18 });
      const { data, text } = await pageOf(
        await world.sell({ p_token_address: address, p_amount_wei: `3${"0".repeat(18)}` }),
      );
      expect(data.token.symbol).toBe(`units of ${address.slice(0, 6)}…${address.slice(-4)}`);
      expect(text).toContain("not one that we know");
    },
  );

  it("tells atomic units of a token that does not tell its decimals", async () => {
    const { data, text } = await pageOf(await world.sell({ p_token_address: STRANGE, p_amount_wei: "123456" }));
    expect(data.token.decimals).toBeNull();
    expect(text).toContain("123456 units of 0xABaB");
  });

  it("is for whom it was given to, until its merchant lists it", async () => {
    expect((await pageOf(await world.sell())).text).toContain("noindex");
    const headers = await signedIn(world, merchantWallet);
    const apiId = await world.sell();
    await world.ask(`/api/402/apis/${apiId}`, {
      method: "PATCH",
      headers,
      body: JSON.stringify({ p_is_listed: true }),
    });
    expect((await pageOf(apiId)).text).not.toContain("noindex");
  });

  it("is found however its id is written", async () => {
    const apiId = await world.sell();
    expect((await pageOf(apiId.toUpperCase())).data.apiId).toBe(apiId);
  });

  it("is shown while the chain cannot be read", async () => {
    const sibling = await world.sibling();
    world.chain.isDown = true;
    const { status, data } = await pageOf(await world.sell(), sibling);
    world.chain.isDown = false;
    expect([status, data.chain.firstBlockHash]).toEqual([200, null]);
  });

  it("says that it is paused, and lets who has paid go on", async () => {
    const apiId = await world.sell();
    await manage(apiId, "pause");
    const { status, text, data } = await pageOf(apiId);
    expect([status, data.state]).toEqual([200, "paused"]);
    expect(text).toContain('id="paused"');
    expect(text).toContain('<section class="card" id="offer" aria-labelledby="offer-title" hidden>');
    await manage(apiId, "resume");
    expect((await pageOf(apiId)).data.state).toBe("active");
  });
});

describe("GET /<apiId>: 404", () => {
  it("tells nothing of a deleted API, as of one that never was", async () => {
    const apiId = await world.sell({ p_name: "Secret name", p_token_address: TOKEN });
    await manage(apiId, "delete");
    const gone = await pageOf(apiId);
    const never = await pageOf(NOBODYS);
    expect([gone.status, gone.data.state]).toEqual([404, "gone"]);
    expect(gone.text.replaceAll(apiId, NOBODYS)).toBe(never.text);
    expect(gone.text).toContain("noindex");
  });

  it("shows a page to a person who is lost, and to programs what the API says", async () => {
    const lost = (path: string, method = "GET") =>
      world.ask(path, { method, headers: { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
    const { status, text, headers } = await lost("/nothing");
    expect([status, headers.get("content-type")]).toEqual([404, "text/html; charset=UTF-8"]);
    expect(text).toContain("<h1>Nothing here</h1>");
    for (const path of ["/api/nothing", "/api/v1/nothing", "/api"])
      expect((await lost(path)).headers.get("content-type")).toContain("application/json");
    expect((await lost("/nothing", "POST")).headers.get("content-type")).toContain("application/json");
  });

  it("leaves what is no id to others", async () => {
    for (const path of ["/nothing", `/${NOBODYS}x`, `/${NOBODYS}/x`])
      expect((await world.ask(path)).body).toMatchObject({ code: "not_found" });
  });
});
