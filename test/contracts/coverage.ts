/**
 * `npm run coverage`: lines and branches of contracts/ that the TypeScript tests run. Fails below 100 % of either.
 *
 * Hardhat counts lines. It has no branches, so each condition is wrapped in a call that tells which way it went.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AstNode, applyEdits, type Edit, nodesOf } from "./solidity-ast.ts";
import { CONTRACTS, LEFT_OUT } from "./sources.ts";
import { Workspace } from "./workspace.ts";

const SOURCES: readonly string[] = Object.values(CONTRACTS).flatMap(({ sources }) => sources);
/** Counting costs gas, so tests that count it cannot run. */
const COUNTING_GAS = "entry-gas";

const PROBE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {console} from "hardhat/console.sol";
library BranchProbe {
    function seen(uint256 id, bool taken) internal pure returns (bool) {
        console.log("branch", id, taken);
        return taken;
    }
}
`;

type Branch = { file: string; line: number; condition: string };

using workspace = new Workspace();
const branches: Branch[] = [];
for (const file of SOURCES) branches.push(...wrapConditions(file, branches.length));
writeFileSync(join(workspace.folder, "contracts/BranchProbe.sol"), PROBE);

const exclude = [...LEFT_OUT, COUNTING_GAS].flatMap((name) => ["--exclude", `**/${name}.test.ts`]);
const args = ["run", "--project", "contracts", "--maxWorkers", "1", ...exclude, "test/contracts"];
const { code, output } = await workspace.run(["vitest", ...args], { HARDHAT_COVERAGE: "true" });
if (code !== 0) throw new Error(`the tests fail:\n${output.slice(-5_000)}`);

const missingLines = SOURCES.flatMap(uncoveredLines);
const missingBranches = uncoveredBranches(output);
console.log(`lines     ${share(linesOf().length, missingLines.length)}`);
console.log(`branches  ${share(branches.length * 2, missingBranches.length)}`);
for (const miss of [...missingLines, ...missingBranches]) console.log(`  not covered: ${miss}`);
process.exitCode = missingLines.length + missingBranches.length === 0 ? 0 : 1;

/** Wraps each condition of the workspace's file, and each operand of `||` and `&&`; line numbers stay as they are. */
function wrapConditions(file: string, firstId: number): Branch[] {
  const path = join(workspace.folder, file);
  const source = readFileSync(path, "utf8");
  const conditions = nodesOf(source).filter(isCondition);
  const edits = conditions.flatMap(({ start, end }, i): Edit[] => [
    { start, end: start, text: `BranchProbe.seen(${firstId + i}, ` },
    { start: end, end, text: ")" },
  ]);
  const imported = { start: source.indexOf("pragma"), end: source.indexOf("pragma") };
  const probed = applyEdits(source, [
    { ...imported, text: 'import {BranchProbe} from "./BranchProbe.sol"; ' },
    ...edits,
  ]);
  writeFileSync(path, probed);
  return conditions.map(({ start, end }) => {
    const line = source.slice(0, start).split("\n").length;
    return { file, line, condition: source.slice(start, end) };
  });
}

function isCondition(node: AstNode): boolean {
  const { parent } = node;
  if (parent === undefined) return false;
  const judged =
    ["IfStatement", "Conditional", "ForStatement"].includes(parent.nodeType) && sameNode(parent.condition, node);
  return judged || (parent.nodeType === "BinaryOperation" && ["||", "&&"].includes(parent.operator as string));
}

function sameNode(raw: unknown, node: AstNode): boolean {
  return (raw as { id?: number } | undefined)?.id === node.id;
}

function uncoveredBranches(output: string): string[] {
  return branches.flatMap(({ file, line, condition }, id) =>
    [true, false]
      .filter((way) => !output.includes(`branch ${id} ${way}\n`))
      .map((way) => `${file}:${line} (${condition}) was never ${way}`),
  );
}

/** Lines of lcov's report, as `[file, line, hits]`. */
function linesOf(): [string, number, number][] {
  const report = readFileSync(join(workspace.folder, "coverage/lcov.info"), "utf8");
  let file = "";
  return report.split("\n").flatMap((entry): [string, number, number][] => {
    if (entry.startsWith("SF:")) file = entry.slice(3);
    const [line, hits] = entry.startsWith("DA:") ? entry.slice(3).split(",").map(Number) : [];
    return line === undefined || hits === undefined || !SOURCES.includes(file) ? [] : [[file, line, hits]];
  });
}

function uncoveredLines(file: string): string[] {
  const lines = linesOf().filter(([of]) => of === file);
  if (lines.length === 0) throw new Error(`the report holds no line of ${file}`);
  return lines.filter(([, , hits]) => hits === 0).map(([, line]) => `${file}:${line}`);
}

function share(total: number, missing: number): string {
  return `${(((total - missing) / total) * 100).toFixed(2)} % (${total - missing} of ${total})`;
}
