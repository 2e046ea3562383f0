import type { IncomingHttpHeaders } from "node:http";
import { WireFault } from "./wire-fault.ts";

/** Status line and headers of an answer. A name that came twice has a list. */
export type AnswerHead = { status: number; isHttp10: boolean; headers: IncomingHttpHeaders };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

/**
 * Reads a head: one character for each byte, its last line's end included, the empty line not. Nothing is forgiven: no
 * bare line feed, no folded line, no space in or behind a name.
 *
 * @throws WireFault WIRE_HEAD
 */
export function readAnswerHead(text: string): AnswerHead {
  const line = STATUS_LINE.exec(text);
  if (!line) throw new WireFault("WIRE_HEAD");
  return { status: Number(line[2]), isHttp10: line[1] === "0", headers: readFields(text, line[0].length) };
}

/** @throws WireFault WIRE_HEAD */
export function readFields(text: string, from = 0): IncomingHttpHeaders {
  const fields: Record<string, string | string[]> = { __proto__: null as never };
  for (let at = from; at < text.length; ) {
    const end = text.indexOf("\r\n", at);
    const colon = text.indexOf(":", at);
    if (end < 0 || colon < 0 || colon > end) throw new WireFault("WIRE_HEAD");
    const name = text.slice(at, colon);
    const value = bare(text, colon + 1, end);
    if (!NAME.test(name) || CONTROL.test(value)) throw new WireFault("WIRE_HEAD");
    add(fields, name.toLowerCase(), value);
    at = end + 2;
  }
  return fields;
}

/** What is there of a head that is not whole yet. Says early what can never become one. @throws WireFault WIRE_HEAD */
export function checkUnfinished(text: string): void {
  const expected = "HTTP/1.";
  if (!expected.startsWith(text.slice(0, expected.length))) throw new WireFault("WIRE_HEAD");
  if (/(?<!\r)\n/.test(text)) throw new WireFault("WIRE_HEAD");
}

function add(fields: Record<string, string | string[]>, name: string, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else if (typeof before === "string") fields[name] = [before, value];
  else before.push(value);
}

const SPACE = 32;
const TAB = 9;

/** Without spaces and tabs around it: `trim` takes more than those. */
function bare(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;
