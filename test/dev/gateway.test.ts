import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { liveGateway } from "../../dev/deploy.ts";
import { readSettings } from "../../dev/settings.ts";

const address = "0x1111111111111111111111111111111111111111";

beforeEach(() => {
  vi.stubEnv("GATEWAY_ADDRESS", address);
  vi.stubEnv("GATEWAY_START_BLOCK", "");
});
afterEach(() => vi.unstubAllEnvs());

describe("a gateway that the environment names", () => {
  const settings = readSettings("/repo", { AVALANCHE_RPC_URL: "https://rpc.example" });

  it("comes with its first block", () => {
    expect(() => liveGateway(settings)).toThrow("GATEWAY_START_BLOCK: is missing");
    vi.stubEnv("GATEWAY_START_BLOCK", "12");
    expect(liveGateway(settings)).toEqual({ address, startBlock: 12 });
  });

  it("is not indexed from block 0 by accident", async () => {
    vi.stubEnv("DATABASE_URL", "postgres://127.0.0.1:1/none");
    vi.stubEnv("AVALANCHE_RPC_URL", "http://127.0.0.1:1");
    await expect(import("../../ponder.config.ts")).rejects.toThrow("GATEWAY_START_BLOCK: is missing");
  });
});
