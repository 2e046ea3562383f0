import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveDeployment } from "../../dev/deploy.ts";

const address = "0x1111111111111111111111111111111111111111";

const CONTRACTS = [
  { contract: "gateway", prefix: "GATEWAY", record: "IGNITION_DEPLOYMENT", chainId: 43114 },
  { contract: "receiver", prefix: "RECEIVER", record: "RECEIVER_DEPLOYMENT", chainId: 8453 },
] as const;

describe.each(CONTRACTS)("a $contract that the environment names", ({ contract, prefix, record, chainId }) => {
  const find = () => liveDeployment(contract, "/repo", chainId);

  beforeEach(() => {
    vi.stubEnv(`${prefix}_ADDRESS`, address);
    vi.stubEnv(`${prefix}_START_BLOCK`, "");
    vi.stubEnv(record, "");
  });
  afterEach(() => vi.unstubAllEnvs());

  it("comes with its first block", () => {
    expect(find).toThrow(`${prefix}_START_BLOCK: is missing`);
    vi.stubEnv(`${prefix}_START_BLOCK`, "12");
    expect(find()).toEqual({ address, startBlock: 12 });
  });

  it("is looked for in Ignition's record otherwise, and its absence comes with advice", () => {
    vi.stubEnv(`${prefix}_ADDRESS`, "");
    expect(find).toThrow(`chain-${chainId}. Deploy the ${contract} first, or set ${prefix}_ADDRESS`);
    vi.stubEnv(record, "mine");
    expect(find).toThrow("deployments/mine");
  });

  it("is not indexed from block 0 by accident", async () => {
    const rpc = { AVALANCHE_RPC_URL: "http://127.0.0.1:1", BASE_RPC_URL: "http://127.0.0.1:1" };
    const gateway = { GATEWAY_ADDRESS: address, GATEWAY_START_BLOCK: "1", [`${prefix}_START_BLOCK`]: "" };
    for (const [name, value] of Object.entries({ DATABASE_URL: "postgres://127.0.0.1:1/none", ...rpc, ...gateway }))
      vi.stubEnv(name, value);
    vi.resetModules();
    await expect(import("../../ponder.config.ts")).rejects.toThrow(`${prefix}_START_BLOCK: is missing`);
  });
});
