// `npm test`: everything, from nothing. `npm test -- <vitest arguments>` runs only those TypeScript tests.
import { runSteps, type Step } from "./steps.ts";

const chosen = process.argv.slice(2);
const build: Step = { title: "build contracts", command: ["hardhat", "build", "--quiet"] };
const solidity: Step = {
  title: "Solidity fuzz and invariant tests",
  command: ["hardhat", "test", "solidity"],
};
const typescript: Step = {
  title: "TypeScript tests (contracts, indexer, API, flows)",
  command: ["vitest", "run", "--reporter=default", ...chosen],
  env: { NO_COLOR: "1", FORCE_COLOR: "0" },
};

const outputs = await runSteps(chosen.length > 0 ? [build, typescript] : [build, solidity, typescript]);
const counts = outputs.map(countsOf);
const sum = (key: "passed" | "skipped") => counts.reduce((total, count) => total + count[key], 0);
console.log(`\ntests: ${sum("passed")} passed, 0 failed${sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : ""}`);

/** Both runners end with a line of totals: vitest's `Tests  12 passed | 1 skipped (13)`, Hardhat's `12 passing`. */
function countsOf(output: string): { passed: number; skipped: number } {
  const vitest = /^\s*Tests\s+(.*)$/m.exec(output)?.[1] ?? "";
  const hardhat = output.match(/(\d+) passing/)?.[1];
  return {
    passed: Number(/(\d+) passed/.exec(vitest)?.[1] ?? hardhat ?? 0),
    skipped: Number(/(\d+) skipped/.exec(vitest)?.[1] ?? 0),
  };
}
