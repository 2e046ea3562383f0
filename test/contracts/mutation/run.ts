/**
 * `npm run test:mutation [-- <part of a mutant's name>…]`: puts one fault at a time into contracts/ and expects the
 * tests to fail. Works in copies of the tree. Exit code 0: the base passes, at least 40 mutants ran, none survived.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Judge, openJudge } from "./judge.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { compileError } from "./type-check.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SOURCES = ["contracts/GatewaySettings.sol", "contracts/PaymentGateway.sol", "contracts/PaymentId.sol"];
const LEAST = 40;
const JUDGES = 2;

type Verdict = "killed" | "survived" | "does not compile";
type Tally = Record<Verdict, number>;

const filters = process.argv.slice(2);
const mutants = SOURCES.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), "utf8"))).filter(isChosen);
const judges = Array.from({ length: JUDGES }, () => openJudge());
const tallies = new Map<string, Tally>();
const survivors: string[] = [];

try {
  const base = await judges[0]?.judgeBase();
  if (base !== undefined) throw new Error(`the tests fail without any fault:\n${base}`);
  const waiting = [...mutants];
  await Promise.all(judges.map((judge) => work(judge, waiting)));
} finally {
  for (const judge of judges) judge.close();
}
report();

async function work(judge: Judge, waiting: Mutant[]): Promise<void> {
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const verdict = await verdictOn(mutant, judge);
    const tally = tallies.get(mutant.operator) ?? { killed: 0, survived: 0, "does not compile": 0 };
    tally[verdict]++;
    tallies.set(mutant.operator, tally);
    if (verdict === "survived") survivors.push(nameOf(mutant));
    console.log(
      `${String(mutants.length - waiting.length).padStart(3)}/${mutants.length} ${verdict}: ${nameOf(mutant)}`,
    );
  }
}

async function verdictOn(mutant: Mutant, judge: Judge): Promise<Verdict> {
  if (compileError(ROOT, mutant.file, mutant.source) !== undefined) return "does not compile";
  return (await judge.kills(mutant)) ? "killed" : "survived";
}

function nameOf({ operator, file, line, was, is }: Mutant): string {
  const flat = (text: string) => text.replaceAll(/\s+/g, " ") || "nothing";
  return `${operator} ${file}:${line} ${flat(was)} -> ${flat(is)}`;
}

function isChosen(mutant: Mutant): boolean {
  return filters.length === 0 || filters.some((filter) => nameOf(mutant).includes(filter));
}

function report(): void {
  console.table(Object.fromEntries([...tallies].sort()));
  const total = (verdict: Verdict) => [...tallies.values()].reduce((sum, tally) => sum + tally[verdict], 0);
  const ran = total("killed") + total("survived");
  console.log(`${ran} mutants ran: ${total("killed")} killed, ${total("survived")} survived`);
  for (const survivor of survivors) console.log(`  survived: ${survivor}`);
  if (filters.length === 0 && ran < LEAST) console.log(`  too few: ${LEAST} are the least`);
  process.exitCode = survivors.length === 0 && (filters.length > 0 || ran >= LEAST) ? 0 : 1;
}
