import { WireFault } from "./wire-fault.ts";

/** What anybody here wants to know of an answer's headers; others are checked and forgotten. */
const NAMES = [
  ...(["connection", "content-length", "keep-alive", "transfer-encoding"] as const),
  ...(["content-disposition", "content-encoding", "content-language", "content-range", "content-type"] as const),
  ...(["accept-ranges", "etag", "last-modified", "retry-after"] as const),
];
export type FieldName = (typeof NAMES)[number];

/** By name in lower case. What came more than once is a list. */
export type Fields = Record<FieldName, string | string[] | undefined>;

/** Status line and headers of an answer. */
export type AnswerHead = { status: number; isHttp10: boolean; headers: Fields };

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?\r\n/;
/** Of a field, and of a method. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** As servers write them. */
const KNOWN: ReadonlyMap<string, FieldName> = new Map(
  NAMES.flatMap((name) => [name, capitalized(name)].map((written) => [written, name] as const)).concat([
    ["ETag", "etag"],
  ]),
);

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
export function readFields(text: string, from = 0): Fields {
  const fields = noFields();
  for (let at = from; at < text.length; ) {
    const colon = text.indexOf(":", at);
    const written = text.slice(at, colon);
    const name = KNOWN.get(written) ?? checkedName(written);
    const end = endOfValue(text, colon + 1);
    if (name !== undefined) add(fields, name, bare(text, colon + 1, end));
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

/** One shape for all, so that reading it stays cheap. */
export const noFields = (): Fields => ({
  connection: undefined,
  "content-length": undefined,
  "keep-alive": undefined,
  "transfer-encoding": undefined,
  "content-disposition": undefined,
  "content-encoding": undefined,
  "content-language": undefined,
  "content-range": undefined,
  "content-type": undefined,
  "accept-ranges": undefined,
  etag: undefined,
  "last-modified": undefined,
  "retry-after": undefined,
});

/** Undefined for one that nobody wants to know. */
function checkedName(written: string): FieldName | undefined {
  if (!TOKEN.test(written)) throw new WireFault("WIRE_HEAD");
  return KNOWN.get(written.toLowerCase());
}

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const DELETE = 127;

/** Where the line's end begins. By hand: a regular expression for each value took twice as long. */
function endOfValue(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === RETURN) break;
    if ((code < SPACE && code !== TAB) || code === DELETE) throw new WireFault("WIRE_HEAD");
  }
  if (text.charCodeAt(at + 1) !== LINE_FEED) throw new WireFault("WIRE_HEAD");
  return at;
}

function add(fields: Fields, name: FieldName, value: string): void {
  const before = fields[name];
  if (before === undefined) fields[name] = value;
  else fields[name] = typeof before === "string" ? [before, value] : [...before, value];
}

/** Without spaces and tabs around it: `trim` takes more than those. */
function bare(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isBlank = (code: number): boolean => code === SPACE || code === TAB;

function capitalized(name: FieldName): string {
  return name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}
