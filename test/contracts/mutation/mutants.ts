import { type AstNode, applyEdits, type Edit, nodesOf } from "../solidity-ast.ts";

/** One deliberate fault. */
export type Mutant = { operator: string; file: string; line: number; was: string; is: string; source: string };

const SWAPPED: Record<string, string> = {
  ...{ "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "||": "&&", "&&": "||" },
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "+=": "-=" },
};

/** The parts of the code that are no behaviour: without them nothing compiles, or nothing changes. */
const FORM = new Set(["PragmaDirective", "ImportDirective", "ElementaryTypeName", "OverrideSpecifier"]);

type Operator = (node: AstNode, text: string) => string[];

/** What each operator makes of a node: the texts that may stand in its place. */
const OPERATORS: Record<string, Operator> = {
  condition: (node) => (isCondition(node) ? ["true", "false"] : isOperand(node) ? ["false"] : []),
  operator: (node, text) => {
    const swapped = SWAPPED[node.operator as string];
    if (swapped === undefined || !["BinaryOperation", "Assignment"].includes(node.nodeType)) return [];
    // A condition turned round dies with the same tests as the condition made true and false.
    if (["==", "!="].includes(node.operator as string) && (isCondition(node) || isOperand(node))) return [];
    return [replaceOperator(node, text, swapped)];
  },
  literal: (node, text) => {
    if (node.nodeType !== "Literal") return [];
    if (node.kind === "bool") return [text === "true" ? "false" : "true"];
    return node.kind === "number" ? [`(${text} + 1)`] : [];
  },
  statement: (node) => (isDeletable(node) ? ["{}"] : []),
  modifier: (node, text) =>
    ["onlyOwner", "nonReentrant"].includes(text) && node.nodeType === "ModifierInvocation" ? [""] : [],
  arguments: (node, text) => (node.nodeType === "FunctionCall" ? swappedArguments(node, text) : []),
  sender: (node, text) => (node.nodeType === "MemberAccess" && text === "msg.sender" ? ["tx.origin"] : []),
};

/** Every mutant of a source, by operator and place. */
export function mutantsOf(file: string, source: string): Mutant[] {
  return nodesOf(source)
    .filter((node) => !FORM.has(node.nodeType))
    .flatMap((node) => Object.keys(OPERATORS).flatMap((operator) => mutate({ file, source, node, operator })));
}

type Place = { file: string; source: string; node: AstNode; operator: string };

function mutate({ file, source, node, operator }: Place): Mutant[] {
  const was = source.slice(node.start, node.end);
  const line = source.slice(0, node.start).split("\n").length;
  return (OPERATORS[operator] as Operator)(node, was).map((is) => {
    // solc does not count a statement's semicolon to it, and a lone one does not compile.
    const end = is === "{}" && source[node.end] === ";" ? node.end + 1 : node.end;
    const edit: Edit = { start: node.start, end, text: is };
    return { operator, file, line, was, is, source: applyEdits(source, [edit]) };
  });
}

function isCondition({ parent, ...node }: AstNode): boolean {
  if (parent === undefined || !["IfStatement", "Conditional"].includes(parent.nodeType)) return false;
  return (parent.condition as AstNode).id === node.id;
}

function isOperand({ parent }: AstNode): boolean {
  return parent?.nodeType === "BinaryOperation" && parent.operator === "||";
}

/** Statements that can go without leaving a hole that does not compile; a loop's step stays, for the loop must end. */
function isDeletable({ nodeType, parent }: AstNode): boolean {
  if (nodeType === "ExpressionStatement") return parent?.nodeType !== "ForStatement";
  // A revert that an `if` guards goes when the condition is made false.
  return nodeType === "EmitStatement" || (nodeType === "RevertStatement" && parent?.nodeType !== "IfStatement");
}

function replaceOperator(node: AstNode, text: string, swapped: string): string {
  const left = (node.leftExpression ?? node.leftHandSide) as { src: string };
  const [start = 0, length = 0] = left.src.split(":").map(Number);
  const end = start + length - node.start;
  return text.slice(0, end) + text.slice(end).replace(node.operator as string, swapped);
}

function swappedArguments(node: AstNode, text: string): string[] {
  const places = (node.arguments as { src: string }[]).map(({ src }) => {
    const [start = 0, length = 0] = src.split(":").map(Number);
    return { start: start - node.start, end: start - node.start + length };
  });
  return places.slice(1).map((second, i) => {
    const first = places[i] as { start: number; end: number };
    const [a, b] = [text.slice(first.start, first.end), text.slice(second.start, second.end)];
    return applyEdits(text, [
      { ...first, text: b },
      { ...second, text: a },
    ]);
  });
}
