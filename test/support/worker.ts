import hre from "hardhat";
import { afterAll } from "vitest";

// Hands what this worker measured to Hardhat's coverage and gas reports.
afterAll(() => hre.hooks.runHandlerChain("test", "onTestWorkerDone", ["vitest"], async () => {}));
