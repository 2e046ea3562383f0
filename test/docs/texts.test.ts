import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readCatalog } from "../../api/providers/otp/catalog.ts";
import { readRules } from "../../api/providers/phone/rules/file.ts";
import { readNumbers } from "../../api/providers/phone/smpp/numbers-file.ts";
import { renderMarkdown } from "../../api/storefront/pages/markdown.ts";
import { blocksOf, DOCUMENTS, ROOT, readDocument } from "./blocks.ts";

const TEXTS = [...DOCUMENTS, "AGENTS.md", "STYLE.md"];
const withoutBlocks = (file: string): string => readDocument(file).replace(/^ *```.*?^ *```$/gms, "");

describe.each(TEXTS)("%s", (file) => {
  const text = withoutBlocks(file);

  it("links to files and headings that there are", () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link ?? "");
    const ours = links.filter((link) => !/^(https?:|\/)/.test(link));
    expect(ours.filter((link) => !isThere(file, link))).toEqual([]);
  });

  it("names only npm scripts and programs that there are", () => {
    const { scripts } = JSON.parse(readDocument("package.json")) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/`(?:\w+=\S+ )*npm (?:run )?([\w:]+)/g)].map(([, name]) => name ?? "");
    expect(named.filter((name) => !scripts[name] && !["ci", "install"].includes(name))).toEqual([]);
    const programs = [...text.matchAll(/`(?:\w+=\S+ )*node ([\w./-]+\.[mt]?[jt]s)/g)].map(([, name]) => name ?? "");
    expect(programs.filter((name) => name !== "try.mjs" && !existsSync(path.join(ROOT, name)))).toEqual([]);
  });
});

function isThere(from: string, link: string): boolean {
  const [name = "", heading] = link.split("#");
  const file = name === "" ? from : path.posix.join(path.posix.dirname(from), name);
  if (!existsSync(path.join(ROOT, file))) return false;
  if (!heading) return true;
  return renderMarkdown(readDocument(file), String).html.includes(` id="${heading}"`);
}

it("README is short enough to be read", () => {
  const prose = withoutBlocks("README.md").replace(/^\|.*$/gm, "");
  expect(prose.split(/\s+/).length).toBeLessThan(1_200);
});

/** A file of the operator's, as a document shows it. */
async function shownFile<T>(begins: string, read: (file: string) => Promise<T>): Promise<T> {
  const shown = DOCUMENTS.flatMap(blocksOf).find(({ text }) => text.startsWith(begins));
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-docs-"));
  try {
    const file = path.join(folder, "shown.json");
    writeFileSync(file, shown?.text ?? "");
    return await read(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("a file that the operator is shown is one that the API takes:", () => {
  it("the catalogue of codes", async () => {
    const { services, countries } = await shownFile('{ "services"', readCatalog);
    expect([services.length, countries.length]).toEqual([1, 1]);
  });

  it("the rules for texts and lines", async () => {
    const { countries, caps } = await shownFile('{ "countries"', readRules);
    expect([Object.keys(countries), Object.keys(caps).length]).toEqual([["*", "US"], 3]);
  });

  it("the lines behind an SMSC", async () => {
    expect(await shownFile('[{ "phoneNumber"', readNumbers)).toHaveLength(1);
  });
});
