import { defineConfig } from "vitest/config";

const TIMEOUTS = { testTimeout: 120_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    // Two cores: more workers only make the chains and databases of one test starve those of another.
    maxWorkers: 2,
    projects: [
      { test: { name: "unit", include: ["test/*.test.ts", "test/dev/**/*.test.ts"], ...TIMEOUTS } },
      {
        test: {
          name: "contracts",
          include: ["test/contracts/**/*.test.ts", "test/fork/**/*.test.ts"],
          globalSetup: ["test/support/hardhat.ts"],
          setupFiles: ["test/support/worker.ts"],
          isolate: false,
          ...TIMEOUTS,
        },
      },
      {
        test: {
          name: "api",
          include: ["test/api/**/*.test.ts"],
          globalSetup: ["test/support/postgres.ts"],
          ...TIMEOUTS,
        },
      },
      {
        test: {
          name: "indexer",
          include: ["test/indexer/**/*.test.ts"],
          globalSetup: ["test/support/hardhat.ts", "test/support/postgres.ts"],
          ...TIMEOUTS,
        },
      },
      {
        test: {
          name: "flow",
          include: ["test/flow/**/*.test.ts"],
          globalSetup: ["test/support/hardhat.ts", "test/support/postgres.ts"],
          ...TIMEOUTS,
        },
      },
      {
        test: {
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["test/browser/setup.ts"],
          ...TIMEOUTS,
        },
      },
      {
        test: {
          name: "docs",
          include: ["test/docs/**/*.test.ts"],
          globalSetup: ["test/browser/setup.ts"],
          ...TIMEOUTS,
        },
      },
    ],
  },
});
