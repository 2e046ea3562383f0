import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tidy } from "../../api/worker.ts";
import { createWorld, GATEWAY, JSON_TYPE, type World } from "../world.ts";
import { FakeChain } from "./support/fake-chain.ts";
import { issuedMessage, present, signedIn, strangerWallet, merchantWallet as wallet } from "./support/wallet.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const nonceOf = (address: string, chainId = "43114") =>
  world.ask(`/api/v1/auth/siwe?address=${address}&chainId=${chainId}`);
const signed = async (message: string) => present(world, message, await wallet.signMessage({ message }));

describe("GET /api/v1/auth/siwe", () => {
  it("200: a nonce and the message to sign, in the seed's order", async () => {
    const { status, body } = await nonceOf(wallet.address);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["nonce", "message"]);
    const site = new URL(world.url);
    expect(body.message).toBe(
      [
        `${site.host} wants you to sign in with your Ethereum account:`,
        wallet.address,
        "",
        "Sign in to manage your APIs, phone numbers and balance on Turnpike.",
        "",
        `URI: ${site.origin}`,
        "Version: 1",
        "Chain ID: 43114",
        `Nonce: ${body.nonce}`,
        "Issued At: 2026-03-26T12:00:00.000Z",
        "Expiration Time: 2026-03-27T12:00:00.000Z",
      ].join("\n"),
    );
  });

  it("200: any letter case of the address, and the gateway's chain by default", async () => {
    const lower = await world.ask(`/api/v1/auth/siwe?address=${wallet.address.toLowerCase()}`);
    expect(lower.body.message).toContain(wallet.address);
    expect(lower.body.message).toContain("Chain ID: 43114");
  });

  it("200: Base may be named, as the seed's client does, also where nothing is sold on it", async () => {
    expect(world.server.deps.chains.has(8453)).toBe(false);
    const { message } = (await nonceOf(wallet.address, "8453")).body;
    expect(message).toContain("Chain ID: 8453");
    expect((await signed(message)).status).toBe(200);
    const contractSignature = `0x${"12".repeat(100)}`;
    const unasked = await present(world, (await nonceOf(wallet.address, "8453")).body.message, contractSignature);
    expect(unasked.status).toBe(401);
  });

  it.each([
    ["address", ""],
    ["address", "address=0x12"],
    ["chainId", `address=${wallet.address}&chainId=1`],
    ["chainId", `address=${wallet.address}&chainId=43114%0AEvil`],
  ])("400 names %s for ?%s", async (field, query) => {
    const { status, body } = await world.ask(`/api/v1/auth/siwe?${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: "invalid_field", details: { field }, request_id: expect.any(String) });
  });
});

describe("POST /api/v1/auth/siwe", () => {
  it("200: a token that lasts a day, stored only as a hash", async () => {
    const { status, body } = await signed(await issuedMessage(world, wallet));
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      token: expect.stringMatching(/^[\w-]{43}$/),
      address: wallet.address,
      expiresAt: new Date(world.clock.nowMs() + 24 * 3600_000).toISOString(),
    });
    const client = new pg.Client(world.databaseUrl);
    await client.connect();
    const { rows } = await client.query("select * from app.sign_in");
    await client.end();
    expect(JSON.stringify(rows)).not.toContain(body.token);
    expect(rows.length).toBeGreaterThan(0);
    expect(world.logs.join("")).not.toContain(body.token);
  });

  it("200 for a contract wallet that says yes, 401 for one that says no", async () => {
    const contractSignature = `0x${"12".repeat(100)}`;
    expect((await present(world, await issuedMessage(world, wallet), contractSignature)).status).toBe(401);
    world.chain.isContractWallet = true;
    const answer = await present(world, await issuedMessage(world, wallet), contractSignature);
    world.chain.isContractWallet = false;
    expect([answer.status, answer.body.address]).toEqual([200, wallet.address]);
  });

  it("401 for the second of two uses, and one token for many copies at once", async () => {
    const message = await issuedMessage(world, wallet);
    const signature = await wallet.signMessage({ message });
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(world, message, signature)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(401)]);
  });

  it("401 for another's signature, which uses the nonce up", async () => {
    const message = await issuedMessage(world, wallet);
    const stolen = await present(world, message, await strangerWallet.signMessage({ message }));
    expect([stolen.status, stolen.body.error]).toEqual([401, "invalid_signature"]);
    expect((await signed(message)).status).toBe(401);
  });

  it.each([
    ["an edited domain", (text: string) => text.replace(/^\S+/, "evil.example")],
    ["an edited URI", (text: string) => text.replace(/URI: .*/, "URI: https://evil.example")],
    ["an edited chain", (text: string) => text.replace("Chain ID: 43114", "Chain ID: 1")],
    ["another address", (text: string) => text.replace(wallet.address, strangerWallet.address)],
    ["other line ends", (text: string) => text.replaceAll("\n", "\r\n")],
    ["a nonce of the signer's own", (text: string) => text.replace(/Nonce: .*/, `Nonce: ${"a".repeat(32)}`)],
    ["no message at all", () => "hello"],
    ["a NUL", (text: string) => `${text}\0`],
  ])("401 for %s", async (_, edit) => {
    const { status, body } = await signed(edit(await issuedMessage(world, wallet)));
    expect([status, body.error]).toEqual([401, "invalid_signature"]);
  });

  it("401 after ten minutes", async () => {
    const message = await issuedMessage(world, wallet);
    world.clock.advance(601);
    expect((await signed(message)).status).toBe(401);
  });

  it.each([
    ["message", { signature: "0x12" }],
    ["message", { message: 7, signature: "0x12" }],
    ["message", { message: "x".repeat(5_000), signature: "0x12" }],
    ["signature", { message: "x" }],
    ["signature", { message: "x", signature: "zz" }],
    ["signature", { message: "x", signature: "0x123" }],
  ])("400 names %s", async (field, body) => {
    const answer = await present(
      world,
      (body as { message?: unknown }).message,
      (body as { signature?: unknown }).signature,
    );
    expect([answer.status, answer.body.details]).toEqual([400, { field }]);
  });

  it("400 and 415 for what is no JSON", async () => {
    const ask = (headers: Record<string, string>) =>
      world.ask("/api/v1/auth/siwe", { method: "POST", headers, body: "{" });
    const [broken, plain] = [await ask(JSON_TYPE), await ask({ "Content-Type": "text/plain" })];
    expect([broken.status, broken.body.error]).toEqual([400, "invalid_json"]);
    expect([plain.status, plain.body.error]).toEqual([415, "unsupported_media_type"]);
  });

  it("429 with whole seconds in Retry-After", async () => {
    const limited = await world.sibling({ RATE_LIMIT_PER_MIN: "1" });
    await limited.ask("/api/v1/auth/siwe");
    const { status, body, headers } = await limited.ask("/api/v1/auth/siwe");
    expect([status, body.error, headers.get("retry-after")]).toEqual([429, "rate_limited", "60"]);
    expect(body.request_id).toBe(headers.get("x-request-id"));
  });

  it("503 when a contract wallet cannot be asked", async () => {
    const message = await issuedMessage(world, wallet);
    world.chain.isDown = true;
    const answer = await present(world, message, `0x${"12".repeat(100)}`);
    world.chain.isDown = false;
    expect([answer.status, answer.body.error]).toEqual([503, "chain_unavailable"]);
  });
});

describe("DELETE /api/v1/auth/siwe", () => {
  const use = (headers: Record<string, string>) => world.ask("/api/402/apis", { headers });
  const signOut = (headers: Record<string, string>) => world.ask("/api/v1/auth/siwe", { method: "DELETE", headers });

  it("200 ends the sign-in, and 401 a second time", async () => {
    const headers = await signedIn(world, wallet);
    expect((await use(headers)).status).toBe(200);
    expect((await signOut(headers)).body).toEqual({ success: true });
    expect((await use(headers)).status).toBe(401);
    expect((await signOut(headers)).status).toBe(401);
  });

  it.each([
    {},
    { Authorization: "Bearer" },
    { Authorization: "Bearer nope" },
    { Authorization: `Basic ${"a".repeat(43)}` },
  ])("401 for %j", async (headers) => {
    expect((await signOut(headers as Record<string, string>)).status).toBe(401);
  });
});

describe("a sign-in", () => {
  it("of a contract wallet holds for APIs of the chain that was asked, and no other", async () => {
    const base = new FakeChain(GATEWAY);
    base.isContractWallet = world.chain.isContractWallet = true;
    const chains = world.server.deps.chains as Map<number, typeof base.reader>;
    chains.set(8453, base.reader);
    const apiId = await world.sell();
    const manage = async (chainId: string) => {
      const { message } = (await nonceOf(wallet.address, chainId)).body;
      const { token } = (await present(world, message, `0x${"12".repeat(100)}`)).body;
      const headers = { ...JSON_TYPE, Authorization: `Bearer ${token}` };
      const edit = { method: "PATCH", headers, body: JSON.stringify({ p_name: "Taken" }) };
      const { body } = await world.ask("/api/402/apis", { headers });
      return [(await world.ask(`/api/402/apis/${apiId}`, edit)).status, body.data.length];
    };
    const [elsewhere, here] = [await manage("8453"), await manage("43114")];
    chains.delete(8453);
    world.chain.isContractWallet = false;
    expect(elsewhere).toEqual([403, 0]);
    expect(here).toEqual([200, 1]);
  });

  it("of a plain wallet holds whatever chain it named", async () => {
    const apiId = await world.sell();
    const chains = world.server.deps.chains as Map<number, typeof world.chain.reader>;
    chains.set(8453, world.chain.reader);
    const { message } = (await nonceOf(wallet.address, "8453")).body;
    const { token } = (await signed(message)).body;
    chains.delete(8453);
    const headers = { Authorization: `Bearer ${token}` };
    expect((await world.ask(`/api/402/apis/${apiId}`, { headers })).status).toBe(200);
  });

  it("ends after a day, and the worker removes what has ended", async () => {
    const headers = await signedIn(world, wallet);
    await issuedMessage(world, wallet);
    world.clock.advance(24 * 3600);
    expect((await world.ask("/api/402/apis", { headers })).status).toBe(401);
    await tidy(world.server.deps);
    const { rows } = await world.server.deps.db.pool.query(
      "select (select count(*) from app.sign_in)::int as tokens, (select count(*) from app.siwe_nonce)::int as nonces",
    );
    expect(rows).toEqual([{ tokens: 0, nonces: 0 }]);
  });
});
