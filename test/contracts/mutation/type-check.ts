import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

type Callbacks = { import: (path: string) => { contents: string } | { error: string } };
const solc = createRequire(import.meta.url)("solc") as { compile(input: string, callbacks: Callbacks): string };

/** What solc has against `file` of the tree under `root` when it holds `source`; undefined when it compiles. */
export function compileError(root: string, file: string, source: string): string | undefined {
  const settings = { outputSelection: { "*": { "": ["ast"] } } };
  const changed = { [file]: { content: source } };
  // Its users must compile with it.
  const sources = {
    "contracts/PaymentGateway.sol": { content: read(root, "contracts/PaymentGateway.sol") },
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
