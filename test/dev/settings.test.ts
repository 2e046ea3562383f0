import { describe, expect, it } from "vitest";
import { readSettings } from "../../dev/settings.ts";

const read = (env: NodeJS.ProcessEnv) => readSettings("/repo", env);

describe("what npm start reads from its environment", () => {
  it("needs nothing: then everything is local", () => {
    const settings = read({});
    expect(settings).toMatchObject({ home: "/repo/.turnpike", isDemo: true, hasLocalBase: true });
    expect(settings.localDeploymentId).toBe("local-43114");
    expect(settings.ports.api).toBe(8402);
    expect(new Set(Object.values(settings.ports)).size).toBe(6);
  });

  it("gives another home a deployment record of its own", () => {
    const [one, other] = [read({ TURNPIKE_HOME: "/one" }), read({ TURNPIKE_HOME: "/other" })];
    expect(one.localDeploymentId).toMatch(/^local-43114-[0-9a-f]{8}$/);
    expect(one.localDeploymentId).not.toBe(other.localDeploymentId);
    expect(read({ TURNPIKE_HOME: "/one" }).localDeploymentId).toBe(one.localDeploymentId);
  });

  it("moves every port by a variable of its own", () => {
    const names = ["PORT", "UPSTREAM_PORT", "INDEXER_PORT", "POSTGRES_PORT", "AVALANCHE_PORT", "BASE_PORT"];
    const env = Object.fromEntries(names.map((name, index) => [name, String(40_001 + index)]));
    expect(Object.values(read(env).ports).sort()).toEqual([40_001, 40_002, 40_003, 40_004, 40_005, 40_006]);
  });

  it("leaves test keys, demo data and both local chains out beside a real Avalanche", () => {
    const settings = read({ AVALANCHE_RPC_URL: "https://rpc.example/key" });
    expect(settings).toMatchObject({ isDemo: false, hasLocalBase: false });
  });

  it("takes Fuji only with an RPC URL, for there is no local one", () => {
    expect(read({ GATEWAY_CHAIN_ID: "43113", FUJI_RPC_URL: "https://rpc.example" }).isDemo).toBe(false);
    expect(() => read({ GATEWAY_CHAIN_ID: "43113" })).toThrow("FUJI_RPC_URL is missing");
  });

  it("starts no Base beside a real one", () => {
    expect(read({ BASE_RPC_URL: "https://rpc.example" })).toMatchObject({ isDemo: true, hasLocalBase: false });
  });

  it("refuses what is no port and no chain", () => {
    expect(() => read({ PORT: "http" })).toThrow("PORT is not a port: http");
    expect(() => read({ INDEXER_PORT: "65536" })).toThrow("INDEXER_PORT is not a port");
    expect(() => read({ GATEWAY_CHAIN_ID: "1" })).toThrow("GATEWAY_CHAIN_ID must be one of 43114, 43113");
  });
});
