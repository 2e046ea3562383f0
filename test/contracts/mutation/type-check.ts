import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Mutant } from "./mutants.ts";

type Callbacks = { import: (path: string) => { contents: string } | { error: string } };
const solc = createRequire(import.meta.url)("solc") as { compile(input: string, callbacks: Callbacks): string };

/**
 * What solc has against the `main` contract of the tree under `root` when `file` holds `source`; undefined when it
 * compiles.
 */
export function compileError(
  root: string,
  main: string,
  { file, source }: Pick<Mutant, "file" | "source">,
): string | undefined {
  // Down to the code: an immutable that is never set is found no sooner, and only by the optimizer.
  const outputSelection = { [main]: { "*": ["evm.bytecode.object"] } };
  const settings = { evmVersion: "cancun", optimizer: { enabled: true, runs: 1_000_000 }, outputSelection };
  const changed = { [file]: { content: source } };
  // Its users must compile with it.
  const sources = {
    [main]: { content: read(root, main) },
    ...changed,
  };
  const find = (path: string) => {
    try {
      return { contents: changed[path]?.content ?? read(root, path) };
    } catch {
      return { error: `${path} is missing` };
    }
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify({ language: "Solidity", sources, settings }), { import: find }),
  );
  const errors = (output.errors ?? []) as { severity: string; formattedMessage: string }[];
  return errors.find(({ severity }) => severity === "error")?.formattedMessage;
}

function read(root: string, path: string): string {
  return readFileSync(join(root, path.startsWith("@") ? "node_modules" : "", path), "utf8");
}
