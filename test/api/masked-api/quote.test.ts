import { decodeFunctionData, type Hex } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { paymentIdOf } from "../../../contracts/payment-id.ts";
import { createWorld, GATEWAY, MERCHANT, NATIVE, TOKEN, type World } from "../../world.ts";

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

const decoded = (data: Hex) => decodeFunctionData({ abi: paymentGatewayAbi, data });

describe("GET /api/<apiId> unpaid", () => {
  describe("402 payment_required", () => {
    it("holds the fields of the seed and ours", async () => {
      const apiId = await world.sell();
      const { status, headers, body } = await world.ask(`/api/${apiId}`);
      expect(status).toBe(402);
      expect(headers.get("cache-control")).toContain("no-store");
      expect(headers.get("content-type")).toContain("application/json");
      expect(body.code).toBe("payment_required");
      const { session_id, payment_id, calls, ...rest } = body.data;
      expect(session_id).toMatch(/^0x0{8}[0-9a-f]{56}$/);
      expect(payment_id).toMatch(/^0x[0-9a-f]{64}$/);
      expect(rest).toEqual({
        network: { chain_id: 43114, name: "Avalanche C-Chain" },
        contract: GATEWAY,
        amount_wei: "100000000000000000",
        merchant_wallet: MERCHANT,
        token_address: NATIVE,
        expires_at: new Date(world.clock.nowMs() + 900_000).toISOString(),
        valid_for_sec: 300,
        fee_bps: 100,
        status: "pending",
        name: "Weather",
        description: null,
        agent_docs: `${world.url}/llms.txt`,
        next: {
          method: "GET",
          url: `${world.url}/api/${apiId}`,
          headers: { "X-402-Session": session_id, Prefer: "wait=30" },
        },
      });
      expect(Object.keys(calls)).toEqual(["native"]);
    });

    it("never shows the session id in a call, and quotes the id that the contract computes", async () => {
      const { body } = await world.ask(`/api/${await world.sell()}`);
      const { session_id, payment_id, calls, expires_at } = body.data;
      expect(JSON.stringify(calls)).not.toContain(session_id.slice(2));
      expect(payment_id.slice(2, 26)).toBe(session_id.slice(10, 34));
      expect(payment_id).toBe(
        paymentIdOf({
          chainId: 43114,
          gateway: GATEWAY,
          merchant: MERCHANT,
          token: NATIVE,
          amount: 10n ** 17n,
          feeBps: 100,
          expiry: Date.parse(expires_at) / 1000,
          salt: BigInt(`0x${payment_id.slice(10, 26)}`),
        }),
      );
    });

    it("describes the native call, as arguments and ready to send", async () => {
      const { body } = await world.ask(`/api/${await world.sell()}`);
      const { payment_id, calls } = body.data;
      expect(calls.native).toMatchObject({
        fn: "payNativeFor(bytes32 sessionId, address merchant)",
        value: "100000000000000000",
        args: [payment_id, MERCHANT],
        to: GATEWAY,
      });
      expect(decoded(calls.native.data)).toEqual({ functionName: "payNativeFor", args: [payment_id, MERCHANT] });
    });

    it("describes approve and payFor for a token, and no permit where the token has none", async () => {
      const apiId = await world.sell({ p_token_address: TOKEN, p_amount_wei: "500" });
      const { payment_id, calls } = (await world.ask(`/api/${apiId}`)).body.data;
      expect(Object.keys(calls)).toEqual(["erc20_approve_then_pay"]);
      const { approve, payFor } = calls.erc20_approve_then_pay;
      expect(approve).toMatchObject({ spender: GATEWAY, amount: "500", to: TOKEN });
      expect(approve.data).toBe(
        `0x095ea7b3${GATEWAY.slice(2).padStart(64, "0")}${(500).toString(16).padStart(64, "0")}`,
      );
      expect(payFor).toMatchObject({
        fn: "payFor(bytes32 sessionId, address merchant, address token, uint256 amount)",
        args: [payment_id, MERCHANT, TOKEN, "500"],
        to: GATEWAY,
      });
      expect(decoded(payFor.data)).toEqual({ functionName: "payFor", args: [payment_id, MERCHANT, TOKEN, 500n] });
    });

    it("gives every quote an id of its own", async () => {
      const apiId = await world.sell();
      const quotes = await Promise.all(Array.from({ length: 600 }, () => world.ask(`/api/${apiId}`)));
      expect(new Set(quotes.map(({ body }) => body.data.session_id)).size).toBe(600);
      expect(new Set(quotes.map(({ body }) => body.data.payment_id)).size).toBe(600);
    });

    it("lowers the gas limit once a payment has opened the word's storage slot", async () => {
      const apiId = await world.sell();
      const first = (await world.ask(`/api/${apiId}`)).body.data;
      world.pay(first);
      expect((await world.ask(`/api/${apiId}`, { session: first.session_id })).status).toBe(200);
      const second = (await world.ask(`/api/${apiId}`)).body.data;
      expect(first.calls.native.gas - second.calls.native.gas).toBe(17_100);
    });
  });

  describe("erc20_permit", () => {
    const domainOf = async (token: object) => {
      const address = `0x${Math.random().toString(16).slice(2).padEnd(40, "7").slice(0, 40)}`;
      world.chain.tokens.set(address, { name: "Permit Token", ...token });
      const { calls } = (await world.ask(`/api/${await world.sell({ p_token_address: address })}`)).body.data;
      return { permit: calls.erc20_permit, address };
    };

    it.each([
      ["describes its domain", { version: "1", describes: true }, "1"],
      ["tells name and version", { version: "2" }, "2"],
      ["tells only its name", {}, "1"],
    ])("is offered where the token %s", async (_, token, version) => {
      const { permit, address } = await domainOf(token);
      expect(permit.permit.domain).toMatchObject({ name: "Permit Token", version, chainId: 43114 });
      expect(permit.permit.domain.verifyingContract.toLowerCase()).toBe(address);
      expect(permit.permit.types.Permit.map(({ name }: { name: string }) => name)).toEqual([
        "owner",
        "spender",
        "value",
        "nonce",
        "deadline",
      ]);
      expect(permit.permit.message).toMatchObject({ spender: GATEWAY, value: "100000000000000000" });
      expect(permit.fn).toMatch(/^payForWithPermit\(/);
      expect(permit.args).toHaveLength(8);
    });

    it("is offered where the name is long or not of ASCII, within reason", async () => {
      for (const name of ["USD₮0", "n".repeat(100)])
        expect((await domainOf({ version: "1", name })).permit.permit.domain.name).toBe(name);
    });

    it.each([
      ["has a separator of another domain", { version: "1", separator: `0x${"12".repeat(32)}` }],
      ["has no nonces", { version: "1", nonces: false }],
      ["has a NUL in its name", { version: "1", name: "a\u0000b" }],
      ["has a line break in the name it describes", { version: "1", name: "a\nb", describes: true }],
      ["turns the direction of writing in its name", { version: "1", name: "a\u202eb" }],
      ["has a version of control characters", { version: "\u0007" }],
      ["has a name of 101 characters", { version: "1", name: "n".repeat(101) }],
      ["has a name of 300 kB", { version: "1", name: "n".repeat(300_000), describes: true }],
      ["has a version of 300 kB", { version: "1".repeat(300_000) }],
    ])("is not offered where the token %s", async (_, token) => {
      expect((await domainOf(token)).permit).toBeUndefined();
    });
  });

  it("404 for an id that nobody has, and for what is no id", async () => {
    const unknown = await world.ask("/api/00000000-0000-4000-8000-000000000000");
    expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
    const none = await world.ask("/api/not-an-id");
    expect([none.status, none.body.code]).toEqual([404, "not_found"]);
  });

  it("405 tells the methods that the merchant allows, before asking for money", async () => {
    const apiId = await world.sell({ p_allowed_methods: ["GET", "POST"] });
    const refused = await world.ask(`/api/${apiId}`, { method: "DELETE" });
    expect([refused.status, refused.body.code]).toEqual([405, "method_not_allowed"]);
    expect(refused.headers.get("allow")).toBe("GET, POST");
  });

  it("asks HEAD, POST and sub-paths for money, too", async () => {
    const apiId = await world.sell();
    const asked = world.upstream.seen.length;
    for (const [method, path] of [
      ["HEAD", ""],
      ["HEAD", "/deep?raw=1"],
      ["POST", ""],
      ["PUT", "/deep"],
      ["GET", "?raw=1"],
      ["GET", "?turnpike_image=99999999999.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
    ] as const)
      expect((await world.ask(`/api/${apiId}${path}`, { method })).status, method + path).toBe(402);
    expect(world.upstream.seen).toHaveLength(asked);
  });
});
