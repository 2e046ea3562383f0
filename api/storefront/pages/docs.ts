import { readFileSync } from "node:fs";
import path from "node:path";
import { type Context, Hono } from "hono";
import { html, raw } from "hono/html";
import { ERROR_TABLE } from "../../errors.ts";
import { endpointTables, type Shown } from "../endpoint-table.ts";
import { type Rendered, renderMarkdown } from "./markdown.ts";
import { page } from "./page.ts";

const FILES = [
  { path: "/docs", file: "index.md" },
  { path: "/docs/getting-started", file: "getting-started.md" },
  { path: "/docs/api-reference", file: "api-reference.md" },
  { path: "/docs/operating", file: "operating.md" },
] as const;

/** How the texts, which are read in the repository as well, call this service. */
const ORIGIN = "http://127.0.0.1:8402";

type Document = Rendered & { readonly path: string };

/** What `docs/*.md` say, rendered once, about this very service. */
export function docsRoutes({ publicUrl }: { publicUrl: string }, shown: Shown): Hono {
  const routes = new Hono();
  const documents = FILES.map(({ path: at, file }) => {
    const text = readFileSync(path.join(import.meta.dirname, "docs", file), "utf8");
    const whole = text.replace("<!-- endpoints -->", endpointTables(shown)).replace("<!-- errors -->", errorTable());
    return { path: at, ...renderMarkdown(whole.replaceAll(ORIGIN, publicUrl), hrefOf) };
  });
  for (const document of documents) routes.get(document.path, (c) => show(c, document, documents));
  return routes;
}

/** Texts refer to each other by file name. */
function hrefOf(href: string): string {
  const [file, fragment] = href.split("#");
  const document = FILES.find((each) => each.file === file);
  return document ? document.path + (fragment ? `#${fragment}` : "") : href;
}

function show(
  c: Context,
  { title, description, html: body, contents, path: here }: Document,
  all: readonly Document[],
) {
  const entry = (document: Document) =>
    html`<li><a href="${document.path}"${
      document.path === here ? raw(' aria-current="page"') : ""
    }>${document.title}</a></li>`;
  return page(
    c,
    { title, description, script: "docs" },
    html`<div class="docs">
<nav aria-label="Documentation"><ul>${all.map(entry)}</ul></nav>
<article>
<h1>${title}</h1>
${contents.length > 2 ? html`<nav class="contents" aria-label="On this page"><ul>${contents.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>` : ""}
${raw(body)}
</article>
</div>`,
  );
}

const errorTable = (): string =>
  [
    "| name | status | what it says |",
    "|---|---|---|",
    ...ERROR_TABLE.map(({ code, status, message }) => `| \`${code}\` | ${status} | ${message} |`),
  ].join("\n");
