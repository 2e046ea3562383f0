/**
 * `npm run test:mutation [-- --contract gateway|receiver] [<part of a mutant's name>…]`: puts one fault at a time into
 * contracts/ and expects the contract's tests to fail. Works in copies of the tree. Exit code 0: the base passes, at
 * least 40 mutants of each contract ran, none survived.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CONTRACTS, type Contract } from "../sources.ts";
import { type Judge, openJudge } from "./judge.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { compileError } from "./type-check.ts";

const ROOT = join(import.meta.dirname, "../../..");
const LEAST = 40;
const JUDGES = 2;

type Verdict = "killed" | "survived" | "does not compile";
type Tally = Record<Verdict, number>;
type Campaign = {
  contract: Contract;
  mutants: readonly Mutant[];
  waiting: Mutant[];
  tallies: Map<string, Tally>;
  survivors: string[];
};

const { values: options, positionals: filters } = parseArgs({
  options: { contract: { type: "string" } },
  allowPositionals: true,
});
const names = Object.keys(CONTRACTS) as (keyof typeof CONTRACTS)[];
const chosen = names.filter((name) => options.contract === undefined || name === options.contract);
if (chosen.length === 0) throw new Error(`--contract is one of ${names.join(", ")}`);
for (const name of chosen) await runCampaign(CONTRACTS[name]);

async function runCampaign(contract: Contract): Promise<void> {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const mutants = contract.sources.flatMap((file) => mutantsOf(file, read(file))).filter(isChosen);
  const campaign: Campaign = { contract, mutants, waiting: [...mutants], tallies: new Map(), survivors: [] };
  const judges = Array.from({ length: JUDGES }, () => openJudge(contract));
  try {
    const base = await judges[0]?.judgeBase();
    if (base !== undefined) throw new Error(`the tests fail without any fault:\n${base}`);
    await Promise.all(judges.map((judge) => work(judge, campaign)));
  } finally {
    for (const judge of judges) judge.close();
  }
  report(campaign);
}

async function work(judge: Judge, { contract, mutants, waiting, tallies, survivors }: Campaign): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const verdict = await verdictOn(mutant, judge, contract);
    const tally = tallies.get(mutant.operator) ?? { killed: 0, survived: 0, "does not compile": 0 };
    tally[verdict]++;
    tallies.set(mutant.operator, tally);
    if (verdict === "survived") survivors.push(nameOf(mutant));
    console.log(
      `${String(mutants.length - waiting.length).padStart(3)}/${mutants.length} ${verdict}: ${nameOf(mutant)}`,
    );
  }
}

async function verdictOn(mutant: Mutant, judge: Judge, { main }: Contract): Promise<Verdict> {
  if (compileError(ROOT, main, mutant) !== undefined) return "does not compile";
  return (await judge.kills(mutant)) ? "killed" : "survived";
}

function nameOf({ operator, file, line, was, is }: Mutant): string {
  const flat = (text: string) => text.replaceAll(/\s+/g, " ") || "nothing";
  return `${operator} ${file}:${line} ${flat(was)} -> ${flat(is)}`;
}

function isChosen(mutant: Mutant): boolean {
  return filters.length === 0 || filters.some((filter) => nameOf(mutant).includes(filter));
}

function report({ contract, tallies, survivors }: Campaign): void {
  console.table(Object.fromEntries([...tallies].sort()));
  const total = (verdict: Verdict) => [...tallies.values()].reduce((sum, tally) => sum + tally[verdict], 0);
  const ran = total("killed") + total("survived");
  console.log(`${contract.main}: ${ran} mutants ran: ${total("killed")} killed, ${total("survived")} survived`);
  for (const survivor of survivors) console.log(`  survived: ${survivor}`);
  const isTooFew = filters.length === 0 && ran < LEAST;
  if (isTooFew) console.log(`  too few: ${LEAST} are the least`);
  if (survivors.length > 0 || isTooFew) process.exitCode = 1;
}
