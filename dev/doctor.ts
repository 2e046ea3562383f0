/**
 * What keeps a shop from working. `node dev/doctor.ts`; exit 1 when something does.
 */
import path from "node:path";
import type { Check } from "./doctor/check.ts";
import { examine } from "./doctor/examine.ts";
import { environmentHere, missingHere } from "./kept-environment.ts";

const HOME = path.resolve(process.env.TURNPIKE_HOME || path.join(import.meta.dirname, "../.turnpike"));

const HELP = `Says what is set up, what is missing and what to do about it: with the environment that the API is started
with, and while it runs. Without DATABASE_URL it looks at the start that runs here (TURNPIKE_HOME).

  npm run doctor            for people
  npm run doctor -- --json  {"ok", "checks": [{"name", "problems", "facts"}]}

environment  variables that are missing or wrong
database     whether it can be reached
rules        the file PHONE_RULES
carrier      PHONE_CARRIER: account, sender, balance; at an SMSC it takes a bind of its own for a moment
webhooks     whether what the carrier sends to PUBLIC_URL comes to this API
codes        suppliers of one-time codes: balances, stock
chains       whether nodes are of the chains that they are taken for
payments     whether who settles payments per call can do it

It sends no text and buys nothing. Exit code 1: there are problems.`;

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const checks = [...unnamed(), ...(await examine(environmentHere(HOME)))];
  const ok = checks.every(({ problems }) => problems.length === 0);
  console.log(args.includes("--json") ? JSON.stringify({ ok, checks }, null, 2) : shown(checks));
  process.exitCode = ok ? 0 : 1;
}

/** The shell in which the start was begun may have known more than this one. */
function unnamed(): Check[] {
  const missing = missingHere(HOME);
  const problem = `The start that runs here was given ${missing.join(", ")}: set the same in this shell.`;
  return missing.length > 0 ? [{ name: "start", problems: [problem], facts: {} }] : [];
}

function shown(checks: readonly Check[]): string {
  return checks.map(lines).join("\n");
}

function lines({ name, problems, facts }: Check): string {
  return [
    `${problems.length === 0 ? "ok     " : "PROBLEM"} ${name}`,
    ...problems.map((problem) => `        ! ${problem}`),
    ...Object.entries(facts).map(([what, value]) => `          ${what}: ${value}`),
  ].join("\n");
}
