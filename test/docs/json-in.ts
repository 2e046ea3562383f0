// biome-ignore lint/suspicious/noExplicitAny: whatever a program printed
export type Value = any;

/** The JSON objects that a text holds, in their order, whatever stands between them. */
export function jsonIn(text: string): Value[] {
  const found: Value[] = [];
  for (let at = text.indexOf("{"); at >= 0; at = text.indexOf("{", at)) {
    const end = endOfObject(text, at);
    const value = end === undefined ? undefined : parsed(text.slice(at, end));
    if (value !== undefined) found.push(value);
    at = value === undefined || end === undefined ? at + 1 : end;
  }
  return found;
}

function endOfObject(text: string, start: number): number | undefined {
  const marks = /"(?:[^"\\]|\\.)*"|[{}]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (const { 0: mark, index } of iterate(marks, text)) {
    if (mark === "{") depth++;
    if (mark === "}") depth--;
    if (depth === 0) return index + 1;
  }
  return undefined;
}

function* iterate(marks: RegExp, text: string): Generator<RegExpExecArray> {
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) yield mark;
}

function parsed(text: string): Value | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value of a name, however deep it stands. */
export function named(name: string, value: Value): Value | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (name in value) return value[name];
  for (const inner of Object.values(value)) {
    const found = named(name, inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
