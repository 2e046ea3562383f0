import { describe, expect, it } from "vitest";
import { readEnv } from "../../api/env.ts";
import { avalanche, base, confirmationsFor } from "../../contracts/chains.ts";

const good = {
  DATABASE_URL: "postgres://localhost/turnpike",
  SESSION_KEYS: `0x${"11".repeat(32)}, ${"22".repeat(32)}`,
  SECRETS_KEY: "33".repeat(32),
  AVALANCHE_RPC_URL: "https://one.example,https://two.example",
};

describe("the environment", () => {
  it("has defaults for everything that can have one", () => {
    const env = readEnv(good);
    expect(env).toMatchObject({
      host: "127.0.0.1",
      port: 8402,
      publicUrl: undefined,
      upstreamAllow: [],
      rateLimitPerMin: 60,
      deploymentId: "chain-43114",
      gateway: undefined,
    });
    expect(env.sessionKeys.map((key) => key.toString("hex").slice(0, 2))).toEqual(["11", "22"]);
    expect([...env.rpcUrls]).toEqual([[43114, ["https://one.example", "https://two.example"]]]);
  });

  it("takes an empty variable for an absent one", () => {
    expect(readEnv({ ...good, PORT: "", PUBLIC_URL: "", GATEWAY_ADDRESS: "" }).port).toBe(8402);
  });

  it("reads what is set", () => {
    const env = readEnv({
      ...good,
      GATEWAY_CHAIN_ID: "43113",
      FUJI_RPC_URL: "http://127.0.0.1:9650",
      GATEWAY_ADDRESS: `0x${"ab".repeat(20)}`,
      GATEWAY_START_BLOCK: "12",
      PUBLIC_URL: "https://pay.example.com/",
      UPSTREAM_ALLOW: "127.0.0.1:9000, localhost:1",
    });
    expect(env.gatewayChain.id).toBe(43113);
    expect(env.gateway?.startBlock).toBe(12n);
    expect(env.publicUrl).toBe("https://pay.example.com");
    expect(env.upstreamAllow).toEqual(["127.0.0.1:9000", "localhost:1"]);
  });

  it("takes for how long a chain may be quiet, of every chain that is read, or believes each for its own time", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545", FACILITATOR_URL: "https://f.example" };
    const quiet = ({ gatewayChain, receiver }: ReturnType<typeof readEnv>) =>
      [gatewayChain, receiver?.chain].map((chain) => chain?.maxQuietSec);
    expect(quiet(readEnv(settling))).toEqual([avalanche.maxQuietSec, base.maxQuietSec]);
    expect(quiet(readEnv({ ...settling, CHAIN_MAX_QUIET_SEC: "86400" }))).toEqual([86_400, 86_400]);
  });

  it("takes what wallets are told of each chain, which no explorer of the real one shows then", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545", FACILITATOR_URL: "https://f.example" };
    const told = ({ gatewayChain, receiver }: ReturnType<typeof readEnv>) =>
      [gatewayChain, receiver?.chain].map((chain) => [chain?.walletRpcUrl, chain?.explorerUrl]);
    expect(told(readEnv(settling))).toEqual([
      [avalanche.walletRpcUrl, avalanche.explorerUrl],
      [base.walletRpcUrl, base.explorerUrl],
    ]);
    const urls = { GATEWAY_WALLET_RPC_URL: "http://127.0.0.1:1", RECEIVER_WALLET_RPC_URL: "http://127.0.0.1:2" };
    expect(told(readEnv({ ...settling, ...urls }))).toEqual([
      ["http://127.0.0.1:1", undefined],
      ["http://127.0.0.1:2", undefined],
    ]);
  });

  it("takes how many confirmations a settlement needs from which amount on", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545", FACILITATOR_URL: "https://f.example" };
    const needs = (env: object, amounts: bigint[]) => {
      const chain = readEnv({ ...settling, ...env }).receiver?.chain;
      return amounts.map((amount) => chain && confirmationsFor(chain, amount));
    };
    expect(needs({}, [0n, 499_999_999n, 500_000_000n])).toEqual([0, 0, 1]);
    const own = { RECEIVER_CONFIRMATIONS: "0:1, 100:3,5000:20" };
    expect(needs(own, [0n, 99_999_999n, 100_000_000n, 5_000_000_000n])).toEqual([1, 1, 3, 20]);
    for (const wrong of ["1", "100:1,5:2", "1.5:1", "0:-1"])
      expect(() => readEnv({ ...settling, RECEIVER_CONFIRMATIONS: wrong })).toThrow(/^RECEIVER_CONFIRMATIONS: /);
  });

  it("takes a payment for final after so many blocks as the operator says, or half an hour of them", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545", FACILITATOR_URL: "https://f.example" };
    const finalOf = (env: object) => readEnv({ ...settling, ...env }).receiver?.chain.finalBlocks;
    expect([finalOf({}), finalOf({ RECEIVER_FINAL_BLOCKS: "30" })]).toEqual([900, 30]);
    expect(() => finalOf({ RECEIVER_FINAL_BLOCKS: "0" })).toThrow(/^RECEIVER_FINAL_BLOCKS: /);
  });

  it("keeps the facilitator's URL as it is, with its query, and takes no password in it", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545" };
    const read = (url: string, authorization?: string) =>
      readEnv({ ...settling, FACILITATOR_URL: url, FACILITATOR_AUTHORIZATION: authorization }).receiver;
    const url = "https://f.example/x402/?key=a/";
    expect(read(url)).toMatchObject({ facilitatorUrl: url, facilitatorAuthorization: undefined });
    expect(read(url, "Bearer abc")?.facilitatorAuthorization).toBe("Bearer abc");
    expect(read("https://f.example/@x?mail=a@b.example")).toBeDefined();
    for (const wrong of ["https://user:secret@f.example/", "https://user@f.example"])
      expect(() => read(wrong)).toThrow(/^FACILITATOR_URL: (?!.*(?:user@|secret))/);
    expect(() => read(url, "Bearer secret\r\nx: y")).toThrow(/^FACILITATOR_AUTHORIZATION: (?!.*secret)/);
  });

  it("takes what gas may cost at most", () => {
    const settling = { ...good, BASE_RPC_URL: "http://127.0.0.1:8545", SETTLER_KEY: "11".repeat(32) };
    const maxFeeWei = (gwei?: string) => readEnv({ ...settling, MAX_FEE_GWEI: gwei }).receiver?.maxFeeWei;
    expect([maxFeeWei(), maxFeeWei("0.05"), maxFeeWei("20")]).toEqual([5_000_000_000n, 50_000_000n, 20_000_000_000n]);
    for (const wrong of ["-1", "1e9", "much"]) expect(() => maxFeeWei(wrong)).toThrow(/^MAX_FEE_GWEI: /);
  });

  it.each([
    ["DATABASE_URL", "mysql://localhost"],
    ["DATABASE_URL", undefined],
    ["SESSION_KEYS", "short"],
    ["SESSION_KEYS", ","],
    ["SECRETS_KEY", "zz".repeat(32)],
    ["PORT", "70000"],
    ["PORT", "http"],
    ["PUBLIC_URL", "pay.example.com"],
    ["GATEWAY_ADDRESS", "0x12"],
    ["GATEWAY_CHAIN_ID", "1"],
    ["GATEWAY_START_BLOCK", "-1"],
    ["AVALANCHE_RPC_URL", undefined],
    ["AVALANCHE_RPC_URL", "nowhere"],
    ["RATE_LIMIT_PER_MIN", "0"],
    ["CHAIN_MAX_QUIET_SEC", "0"],
    ["CHAIN_MAX_QUIET_SEC", "soon"],
    ["LOG_LEVEL", "loud"],
  ])("names %s when it is %s", (name, value) => {
    expect(() => readEnv({ ...good, [name]: value })).toThrow(name);
  });

  it("wants the gateway's first block with its address, and takes block 0 when it is said", () => {
    const named = { ...good, GATEWAY_ADDRESS: `0x${"ab".repeat(20)}` };
    for (const block of [undefined, ""])
      expect(() => readEnv({ ...named, GATEWAY_START_BLOCK: block })).toThrow("GATEWAY_START_BLOCK: is missing");
    expect(readEnv({ ...named, GATEWAY_START_BLOCK: "0" }).gateway?.startBlock).toBe(0n);
  });

  it("tells no value of a key that is wrong", () => {
    expect(() => readEnv({ ...good, SECRETS_KEY: "topsecret" })).toThrow(expect.not.stringContaining("topsecret"));
  });
});
