import { getAddress, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, TOKEN, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const GOLD = getAddress(`0x${"ab".repeat(20)}`);

const token = (address: string) => world.ask(`/api/402/tokens/${address}`);

describe("GET /api/402/tokens/<address>", () => {
  it("200 tells what a token says of itself, however its address is written", async () => {
    world.chain.tokens.set(GOLD.toLowerCase(), { name: "Local Gold", symbol: "GOLD", decimals: 6 });
    for (const address of [GOLD, GOLD.toLowerCase()]) {
      const { status, body } = await token(address);
      expect(status).toBe(200);
      const data = { token_address: GOLD, symbol: "GOLD", decimals: 6, is_known: false };
      expect(body).toEqual({ code: "successful", data });
    }
  });

  it("200 tells the native token, and our own name of one that we know", async () => {
    world.chain.tokens.set(TOKEN.toLowerCase(), { name: "Arena", symbol: "FAKE", decimals: 18 });
    expect((await token(zeroAddress)).body.data).toMatchObject({ symbol: "AVAX", decimals: 18, is_known: true });
    expect((await token(TOKEN)).body.data).toMatchObject({ symbol: "ARENA", decimals: 18, is_known: true });
  });

  it("200 tells no symbol where that is one of real money's, and another's", async () => {
    const fake = getAddress(`0x${"cd".repeat(20)}`);
    world.chain.tokens.set(fake.toLowerCase(), { name: "USD Coin", symbol: "USDC", decimals: 6 });
    expect((await token(fake)).body.data).toMatchObject({ symbol: null, decimals: 6, is_known: false });
  });

  it("503 while the chain cannot be read, and nothing of that is remembered of the token", async () => {
    const silver = getAddress(`0x${"ac".repeat(20)}`);
    world.chain.tokens.set(silver.toLowerCase(), { name: "Local Silver", symbol: "SILV", decimals: 6 });
    world.chain.isDown = true;
    const away = await token(silver);
    world.chain.isDown = false;
    expect([away.status, away.body.code]).toEqual([503, "chain_unavailable"]);
    expect((await token(silver)).body.data).toMatchObject({ symbol: "SILV", decimals: 6 });
  });

  it("400 for what is no address, 404 for an address that is no token's", async () => {
    const bad = await token("0x12");
    expect([bad.status, bad.body.code, bad.body.data.field]).toEqual([400, "invalid_field", "address"]);
    const none = await token(getAddress(`0x${"ef".repeat(20)}`));
    expect([none.status, none.body.code]).toEqual([404, "not_found"]);
  });
});
