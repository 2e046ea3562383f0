import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { marked, type Token } from "marked";

export const ROOT = path.resolve(import.meta.dirname, "../..");

/** Everything that tells a reader what to type. */
export const DOCUMENTS = ["README.md", ...globSync("api/storefront/pages/docs/*.md", { cwd: ROOT }).sort()];

/** One fenced block. */
export type Block = {
  readonly file: string;
  readonly line: number;
  /** The heading of the first or second level that it stands under: blocks of one story share their shell. */
  readonly story: string;
  readonly lang: string;
  readonly text: string;
};

export const readDocument = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  const document = readDocument(file);
  let story = "";
  let offset = 0;
  for (const token of marked.lexer(document)) {
    if (token.type === "heading" && token.depth <= 2) story = token.text;
    for (const { raw, lang, text } of codeIn(token)) {
      offset = document.indexOf(raw.trimEnd(), offset);
      const line = document.slice(0, offset).split("\n").length;
      blocks.push({ file, line, story, lang, text });
      offset += raw.length;
    }
  }
  return blocks;
}

type Code = { raw: string; lang: string; text: string };

function codeIn(token: Token): Code[] {
  if (token.type === "code")
    return [{ raw: token.raw, lang: (token.lang ?? "").split(" ")[0] ?? "", text: token.text }];
  const within: Token[] = "items" in token ? token.items : ("tokens" in token && token.tokens) || [];
  return within.flatMap(codeIn);
}
