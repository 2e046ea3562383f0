import hre from "hardhat";

/** Compiles once for all test files, and opens and closes the run for Hardhat's coverage and gas reports. */
export default async function setup(): Promise<() => Promise<void>> {
  await hre.tasks.getTask("build").run({ quiet: true });
  await hre.hooks.runHandlerChain("test", "onTestRunStart", ["vitest"], async () => {});
  return () => hre.hooks.runHandlerChain("test", "onTestRunDone", ["vitest"], async () => {});
}
