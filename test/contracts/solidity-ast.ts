import { createRequire } from "node:module";

/** A node of solc's syntax tree with its place in the source. */
export type AstNode = {
  readonly nodeType: string;
  readonly start: number;
  readonly end: number;
  readonly parent: AstNode | undefined;
  /** What solc says beside: operator, name, the nodes below. */
  readonly [key: string]: unknown;
};

const solc = createRequire(import.meta.url)("solc") as { compile(input: string): string };

/**
 * Every node of a Solidity source, outer before inner. Only parsed: imports are not followed and types not known.
 *
 * @throws Error when the source does not parse
 */
export function nodesOf(source: string): AstNode[] {
  const settings = { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } };
  const input = { language: "Solidity", sources: { "S.sol": { content: source } }, settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  const ast = output.sources?.["S.sol"]?.ast;
  if (ast === undefined) throw new Error(JSON.stringify(output.errors));
  // solc counts bytes, JavaScript counts UTF-16 units: with plain ASCII both agree.
  if (Buffer.byteLength(source) !== source.length) throw new Error("the source holds more than ASCII");
  const nodes: AstNode[] = [];
  collect(ast, undefined, nodes);
  return nodes;
}

type Raw = Record<string, unknown> & { nodeType?: string; src?: string };

function collect(value: unknown, parent: AstNode | undefined, into: AstNode[]): void {
  if (Array.isArray(value)) for (const item of value) collect(item, parent, into);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  const raw = value as Raw;
  const [start = 0, length = 0] = (raw.src ?? "").split(":").map(Number);
  const isNode = raw.nodeType !== undefined;
  const node = { ...raw, start, end: start + length, parent } as unknown as AstNode;
  if (isNode) into.push(node);
  for (const item of Object.values(raw)) collect(item, isNode ? node : parent, into);
}

/** Text to put in the place of `start` to `end`. */
export type Edit = { start: number; end: number; text: string };

/** The source with edits that do not overlap; those at one place are made in the order given. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let result = "";
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    result += source.slice(at, start) + text;
    at = end;
  }
  return result + source.slice(at);
}
