import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "..");

/** Design §1: a file may import from its own rung and from the rungs before it, never from one after. */
const LADDER: readonly (readonly string[])[] = [
  ["contracts/", "ignition/"],
  ["ponder.config.ts"],
  ["indexer/"],
  ["api/env.ts", "api/env/", "api/clock.ts", "api/errors.ts", "api/limits.ts", "api/metrics.ts"].concat([
    ...["api/outbox.ts", "api/prices.ts", "api/schema.ts", "api/migrations/"],
  ]),
  [
    "api/db.ts",
    "api/indexed.ts",
    "api/indexed/",
    "api/ledger.ts",
    "api/ledger/",
    "api/events.ts",
    "api/audit.ts",
    "api/providers/",
  ],
  ["api/deps.ts", "api/sale.ts"],
  ["api/identity/"],
  ["api/webhooks/"],
  ["api/payments/"],
  ["api/products/"],
  ["api/offers.ts", "api/worker.ts"],
  ["api/storefront/"],
  ["api/app.ts"],
  ["api/server.ts"],
  ["dev/"],
];

/** Rooms whose modules are strangers to each other. */
const STRANGERS = ["api/payments/", "api/products/"];
const DOORS_INTO_INDEXER = ["ponder.config.ts", "api/indexed.ts", "api/indexed/", "dev/indexer.ts"];

type Edge = { from: string; to: string };

const files = [...globSync("{contracts,ignition,indexer,api,dev}/**/*.{ts,mjs}", { cwd: ROOT }), "ponder.config.ts"]
  .filter((file) => !file.startsWith("ignition/deployments/") && existsSync(path.join(ROOT, file)))
  .map((file) => file.replaceAll(path.sep, "/"));
const edges = files.flatMap(importsOf);

describe("the import ladder", () => {
  it("has a rung for every file", () => {
    expect(files.filter((file) => rungOf(file) < 0)).toEqual([]);
    expect(files.length).toBeGreaterThan(20);
  });

  it("lets imports run only towards earlier rungs", () => {
    expect(edges.filter(({ from, to }) => rungOf(to) > rungOf(from)).map(arrow)).toEqual([]);
  });

  it("keeps modules of payments and of products strangers to each other", () => {
    const meetings = edges.filter(({ from, to }) =>
      STRANGERS.some(
        (room) => from.startsWith(room) && to.startsWith(room) && moduleOf(room, from) !== moduleOf(room, to),
      ),
    );
    expect(meetings.map(arrow)).toEqual([]);
  });

  it("enters the indexer only through its doors", () => {
    const isDoor = (file: string) =>
      file.startsWith("indexer/") || DOORS_INTO_INDEXER.some((door) => file.startsWith(door));
    expect(edges.filter(({ from, to }) => to.startsWith("indexer/") && !isDoor(from)).map(arrow)).toEqual([]);
  });

  it("names the offending edge", () => {
    const planted = { from: "api/payments/session/session.ts", to: "api/products/masked-api/quote.ts" };
    expect(rungOf(planted.to)).toBeGreaterThan(rungOf(planted.from));
    expect(arrow(planted)).toBe("api/payments/session/session.ts → api/products/masked-api/quote.ts");
  });
});

describe("the tree", () => {
  it("has no room for things without a name", () => {
    const nameless = /(^|\/)(utils?|libs?|helpers?|common|services?|controllers?)(\/|\.ts$)/;
    expect(files.filter((file) => nameless.test(file))).toEqual([]);
  });

  it("keeps every Solidity and TypeScript file within 250 lines", () => {
    const all = globSync("{contracts,ignition,indexer,api,dev,test,bench}/**/*.{ts,sol,mjs}", { cwd: ROOT });
    const long = all
      .filter((file) => !file.startsWith("ignition/deployments"))
      .map((file) => ({ file, lines: readFileSync(path.join(ROOT, file), "utf8").split("\n").length - 1 }));
    expect(long.filter(({ lines }) => lines > 250)).toEqual([]);
  });

  it("writes no registry host into a file", () => {
    const named = ["package-lock.json", ".npmrc", "package.json"].filter((file) =>
      /https?:\/\/[a-z0-9.-]*(registry|npmjs)/.test(readFileSync(path.join(ROOT, file), "utf8")),
    );
    expect(named).toEqual([]);
  });
});

function rungOf(file: string): number {
  return LADDER.findIndex((rung) =>
    rung.some((prefix) => (prefix.endsWith("/") ? file.startsWith(prefix) : file === prefix)),
  );
}

function moduleOf(room: string, file: string): string {
  return file.slice(room.length).split("/")[0]?.replace(/\.ts$/, "") ?? "";
}

function importsOf(from: string): Edge[] {
  const text = readFileSync(path.join(ROOT, from), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].map(
    (match) => match[1] ?? "",
  );
  return specifiers.map((specifier) => ({
    from,
    to: path.posix.normalize(path.posix.join(path.posix.dirname(from), specifier)),
  }));
}

function arrow({ from, to }: Edge): string {
  return `${from} → ${to}`;
}
