import { globSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_TABLE } from "../../../api/errors.ts";
import { EVENT_TYPES } from "../../../api/events.ts";
import { MASKED_API_TERMS } from "../../../api/storefront/endpoint-schemas.ts";
import { endpointTable } from "../../../api/storefront/endpoint-table.ts";
import { ENDPOINTS } from "../../../api/storefront/endpoints.ts";
import type { World } from "../../world.ts";
import { openShopWindow, salesOf } from "./shop-window.ts";

const FILES = globSync("*.md", { cwd: path.resolve(import.meta.dirname, "../../../api/storefront/pages/docs") });
const PAGES = ["/", ...FILES.map((file) => `/docs/${path.basename(file, ".md")}`.replace(/\/index$/, ""))];
/** Whom our texts refer readers to. A host that is not named here is a slip of the pen. */
const OUTSIDE = ["docs.x402.org", "www.standardwebhooks.com"];

let world: World;
const documents = new Map<string, string>();
beforeAll(async () => {
  world = await openShopWindow();
  for (const page of PAGES) documents.set(page, (await world.ask(page)).text);
});
afterAll(() => world?.close());

const of = (page: string): string => documents.get(page) ?? "";
const reference = () => of("/docs/api-reference");

describe.each(PAGES)("%s", (page) => {
  it("is a whole page with one heading of the first level", async () => {
    const { status, headers, text } = await world.ask(page);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toContain("text/html");
    expect(text.match(/<h1[ >]/g)).toHaveLength(1);
    expect(text).not.toMatch(/<title>\s*·/);
  });

  it("has each id once", () => {
    const ids = [...of(page).matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it("speaks of this very service, wherever it is", () => {
    expect(of(page)).not.toContain("127.0.0.1:8402");
  });

  it("has only links that lead somewhere", async () => {
    const links = [...of(page).matchAll(/ (?:href|src)="([^"]*)"/g)].map(
      ([, link]) => new URL(link ?? "", world.url + page),
    );
    expect(links.length).toBeGreaterThan(5);
    const isOurs = ({ origin }: URL) => origin === world.url;
    expect(
      links.filter((link) => !isOurs(link) && !(link.protocol === "https:" && OUTSIDE.includes(link.host))),
    ).toEqual([]);
    for (const { pathname, hash } of links.filter(isOurs)) {
      const { status, text } = await world.ask(pathname);
      expect([pathname, status]).toEqual([pathname, 200]);
      if (hash) expect([pathname + hash, text.includes(` id="${hash.slice(1)}"`)]).toEqual([pathname + hash, true]);
    }
  });
});

describe("/docs/api-reference", () => {
  it("has the endpoints that README and /llms.txt have, row by row", () => {
    const table = endpointTable({ groups: ENDPOINTS, sales: salesOf(world) });
    const wanted = table
      .split("\n")
      .slice(2)
      .map((row) => row.slice(2, -2).replaceAll("`", "").split(" | "));
    expect(rowsUnder("Endpoints")).toEqual(wanted);
  });

  it("has every error code with its status and sentence", () => {
    expect(rowsUnder("Errors")).toEqual(ERROR_TABLE.map(({ code, status, message }) => [code, `${status}`, message]));
    expect(ERROR_TABLE.length).toBeGreaterThan(40);
  });

  it("has every field of a masked API, and which of them are needed", () => {
    const { properties, required } = MASKED_API_TERMS as { properties: object; required: string[] };
    const rows = rowsUnder("A masked API");
    expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(properties).sort());
    expect(
      rows
        .filter(([, needed]) => needed === "needed")
        .map(([name]) => name)
        .sort(),
    ).toEqual(required.toSorted());
  });

  it("has every event that a webhook can be told of", () => {
    expect(rowsUnder("Webhook events").map(([type]) => type)).toEqual([...EVENT_TYPES]);
  });
});

/** What tables between a heading and the next of its level say. */
function rowsUnder(heading: string): string[][] {
  const [, rest = ""] = reference().split(new RegExp(`<h2 id="[^"]*">${heading}</h2>`));
  const [section = ""] = rest.split("<h2");
  const rows = [...section.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) => row);
  return rows.filter((row) => row.includes("<td>")).map((row) => [...row.matchAll(/<td>(.*?)<\/td>/gs)].map(textOf));
}

const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };

const textOf = ([, html = ""]: RegExpExecArray): string =>
  html.replace(/<[^>]*>/g, "").replace(/&[^;]+;/g, (entity) => ENTITIES[entity] ?? entity);
