import { expect } from "vitest";
import { jsonIn, type Value } from "./json-in.ts";

/** What a document writes for whatever it leaves out. */
const ELLIPSIS = "…";

/** What a document shows of an answer must be in it. The answer may hold more. */
export function expectShown(lang: string, text: string, printed: string): void {
  const body = jsonIn(text).at(-1);
  expect(body, "the block shows JSON").toBeDefined();
  expect(jsonIn(printed).at(-1), printed).toEqual(asMatcher(body));
  if (lang === "http") for (const line of headOf(text)) expect(printed).toMatch(patternOf(line));
}

/** The status line and the headers. */
export const headOf = (shown: string): string[] => shown.slice(0, shown.indexOf("\n\n")).split("\n");

/**
 * A mere ellipsis stands for anything, and text with one for any that begins, goes on and ends so. At the end of a list it
 * says that there may be more. All else stands for itself.
 */
function asMatcher(shown: Value): Value {
  if (shown === ELLIPSIS) return expect.anything();
  if (typeof shown === "string" && shown.includes(ELLIPSIS)) return expect.stringMatching(wholly(shown));
  if (Array.isArray(shown)) return shown.at(-1) === ELLIPSIS ? among(shown.slice(0, -1)) : shown.map(asMatcher);
  if (typeof shown !== "object" || shown === null) return shown;
  const entries = Object.entries(shown).filter(([name]) => name !== ELLIPSIS);
  return expect.objectContaining(Object.fromEntries(entries.map(([name, value]) => [name, asMatcher(value)])));
}

const among = (shown: Value[]): Value => expect.arrayContaining(shown.map(asMatcher));

const wholly = (shown: string): RegExp => new RegExp(`^${sourceOf(shown)}$`, "s");

const patternOf = (line: string): RegExp => new RegExp(`^${sourceOf(line)}\\r?$`, "im");

const sourceOf = (shown: string): string =>
  shown
    .split(ELLIPSIS)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
