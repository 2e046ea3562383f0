import { chmodSync, mkdtempSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended } from "../../dev/process.ts";
import { demolish, type Home, newHome, type Started, start } from "../flow/started.ts";
import { type Block, blocksOf, DOCUMENTS } from "./blocks.ts";
import { needCurl } from "./curl.ts";
import { jsonIn, named, type Value } from "./json-in.ts";
import { idleReasons, reasonNotToRun } from "./not-run.ts";
import { filledIn } from "./placeholders.ts";
import { type Outcome, openShell, type Shell } from "./shell.ts";
import { expectShown, headOf } from "./shown.ts";

const all = DOCUMENTS.flatMap(blocksOf);
const LANGUAGES = ["sh", "js", "http", "json", "text"];
const ANSWERS = ["http", "json"];

let home: Home;
let started: Started;

beforeAll(async () => {
  needCurl();
  // Postgres runs as another user when the tests run as root, and must be able to walk here.
  const folder = mkdtempSync(path.join("/var/tmp", "turnpike-docs-"));
  chmodSync(folder, 0o755);
  home = await newHome(folder);
  started = await start(home);
}, 240_000);

afterAll(async () => {
  started?.child.kill("SIGINT");
  if (started) await ended(started.child);
  if (home) await demolish(home);
});

const toRun = all.filter((block) => block.lang !== "text" && !reasonNotToRun(block));

describe.each([...new Set(toRun.map(({ file }) => file))])("%s", (file) => {
  const blocks = toRun.filter((block) => block.file === file);
  const stories = new Set(blocks.map(({ story }) => story));
  describe.each([...stories])("%s", (story) => {
    const own = blocks.filter((block) => block.story === story);
    const answers: Value[] = [];
    let shell: Shell;
    let outcome: Outcome | undefined;

    beforeAll(() => {
      shell = openShell(home.folder, home.env);
    });

    for (const [i, block] of own.entries())
      it(`runs, or shows what ran: ${block.lang} of line ${block.line}`, async () => {
        const text = filledIn(block.text, { dev: started.dev, home, answered: (name) => named(name, { ...answers }) });
        if (ANSWERS.includes(block.lang)) return expectShown(block.lang, text, mustHaveRun(outcome).stdout);
        outcome = undefined;
        outcome = await (block.lang === "js" ? shell.js(text) : shell.sh(text));
        answers.unshift(...jsonIn(outcome.stdout).reverse());
        const refused = outcome.statuses.filter((status) => status >= 400 && status !== 402);
        expect(refused, outcome.stdout).toEqual(shownStatus(own[i + 1]).filter((status) => refused.includes(status)));
      }, 240_000);
  });
});

function mustHaveRun(outcome: Outcome | undefined): Outcome {
  if (outcome) return outcome;
  throw new Error("the block above it did not run");
}

/** The status that the next block shows: only what a document says may be refused. */
function shownStatus(next: Block | undefined): number[] {
  const [, status] = (next?.lang === "http" && /^HTTP\/1\.1 (\d{3})/.exec(next.text)) || [];
  return status ? [Number(status)] : [];
}

describe("blocks", () => {
  it("say in which language they are", () => {
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ lang }) => !LANGUAGES.includes(lang)).map(where)).toEqual([]);
  });

  it("of the kinds that run are all run, but for those with a reason", () => {
    expect(idleReasons(all)).toEqual([]);
  });

  it("show an answer after a program in JavaScript, for its exit code says little", () => {
    const mute = all.filter(({ lang }, i) => lang === "js" && !ANSWERS.includes(all[i + 1]?.lang ?? ""));
    expect(mute.map(where)).toEqual([]);
  });

  it("of a refusal show its status line first", () => {
    const headless = all.filter(
      ({ lang, text }) => lang === "http" && !/^HTTP\/1\.1 \d{3}/.test(headOf(text)[0] ?? ""),
    );
    expect(headless.map(where)).toEqual([]);
  });
});

const where = ({ file, line }: Block): string => `${file}:${line}`;
