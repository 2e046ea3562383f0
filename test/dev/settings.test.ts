import { describe, expect, it } from "vitest";
import { localDeploymentId, PORT_VARIABLES, readSettings } from "../../dev/settings.ts";

const read = (env: NodeJS.ProcessEnv) => readSettings("/repo", env);

describe("what npm start reads from its environment", () => {
  it("needs nothing: then everything is local", () => {
    const settings = read({});
    expect(settings).toMatchObject({ home: "/repo/.turnpike", isDemo: true, hasLocalBase: true });
    expect(settings.receiverChain?.id).toBe(8453);
    expect(localDeploymentId(settings, 43114)).toBe("local-43114");
    expect(settings.ports.api).toBe(8402);
    expect(new Set(Object.values(settings.ports)).size).toBe(7);
  });

  it("gives another home, and another chain, a deployment record of its own", () => {
    const idOf = (home: string, chainId: number) => localDeploymentId(read({ TURNPIKE_HOME: home }), chainId);
    expect(idOf("/one", 43114)).toMatch(/^local-43114-[0-9a-f]{8}$/);
    expect(idOf("/one", 8453)).toMatch(/^local-8453-[0-9a-f]{8}$/);
    expect(idOf("/one", 43114)).not.toBe(idOf("/other", 43114));
    expect(idOf("/one", 43114)).toBe(idOf("/one", 43114));
  });

  it("moves every port by a variable of its own", () => {
    const names = Object.values(PORT_VARIABLES);
    expect(names).toHaveLength(7);
    const env = Object.fromEntries(names.map((name, index) => [name, String(40_001 + index)]));
    expect(Object.values(read(env).ports).sort()).toEqual(names.map((_, index) => 40_001 + index));
  });

  it("takes Fuji only with an RPC URL, for there is no local one", () => {
    expect(read({ GATEWAY_CHAIN_ID: "43113", FUJI_RPC_URL: "https://rpc.example" }).isDemo).toBe(false);
    expect(() => read({ GATEWAY_CHAIN_ID: "43113" })).toThrow("FUJI_RPC_URL is missing");
  });

  it("refuses what is no port and no chain", () => {
    expect(() => read({ PORT: "http" })).toThrow("PORT is not a port: http");
    expect(() => read({ INDEXER_PORT: "65536" })).toThrow("INDEXER_PORT is not a port");
    expect(() => read({ GATEWAY_CHAIN_ID: "1" })).toThrow("GATEWAY_CHAIN_ID must be one of 43114, 43113");
    expect(() => read({ RECEIVER_CHAIN_ID: "1" })).toThrow("RECEIVER_CHAIN_ID must be one of 8453, 84532");
  });
});

describe("beside a real Avalanche", () => {
  const live = { AVALANCHE_RPC_URL: "https://rpc.example/key" };

  it("leaves test keys, demo data, both local chains and payments per call out", () => {
    expect(read(live)).toMatchObject({ isDemo: false, hasLocalBase: false, receiverChain: undefined });
  });

  it("takes payments per call where somebody is named who settles them", () => {
    const both = { ...live, BASE_RPC_URL: "https://rpc.example", BASE_SEPOLIA_RPC_URL: "https://rpc.example" };
    const chainIdOf = (env: NodeJS.ProcessEnv) => read({ ...both, ...env }).receiverChain?.id;
    expect(chainIdOf({})).toBeUndefined();
    expect(chainIdOf({ FACILITATOR_URL: "https://facilitator.example" })).toBe(8453);
    expect(chainIdOf({ SETTLER_KEY: "0x01", RECEIVER_CHAIN_ID: "84532" })).toBe(84532);
  });

  it("does not settle on a chain that it cannot read", () => {
    expect(() => read({ ...live, SETTLER_KEY: "0x01" })).toThrow("BASE_RPC_URL is missing");
    const sepolia = { ...live, BASE_RPC_URL: "https://rpc.example", RECEIVER_CHAIN_ID: "84532", SETTLER_KEY: "0x01" };
    expect(() => read(sepolia)).toThrow("BASE_SEPOLIA_RPC_URL is missing");
  });
});

describe("beside a real Base", () => {
  it("starts no local one, and takes no payments per call that nobody settles", () => {
    const settings = read({ BASE_RPC_URL: "https://rpc.example" });
    expect(settings).toMatchObject({ isDemo: true, hasLocalBase: false, receiverChain: undefined });
  });

  it("has no made-up Base Sepolia", () => {
    expect(() => read({ RECEIVER_CHAIN_ID: "84532" })).toThrow("BASE_SEPOLIA_RPC_URL is missing");
  });
});
