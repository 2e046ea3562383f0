import type { Context } from "hono";
import { html, raw } from "hono/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type AssetName, assetPath, type Script } from "./assets.ts";

/** A piece of a page, as `html` makes it. */
export type Html = ReturnType<typeof html>;

export type Head = {
  title: string;
  description: string;
  /** Runs on the page. */
  script?: Script;
  /** What the script reads with `pageData()`. */
  data?: unknown;
  /** Search engines are asked to leave it out. */
  noIndex?: boolean;
  status?: ContentfulStatusCode;
};

/** Nothing but our own files, no script or style within the document, and in nobody's frame. */
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  // Wallets open windows of their own and answer through them.
  "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
  "Cache-Control": "no-cache",
};

const NAVIGATION = [
  ["/", "Home"],
  ["/gate", "Create"],
  ["/dashboard", "Dashboard"],
  ["/docs", "Docs"],
] as const;

/** A whole document around `body`. */
export function page(c: Context, head: Head, body: Html): Response | Promise<Response> {
  const { title, description, script, data, noIndex, status = 200 } = head;
  const name: AssetName | undefined = script && `${script}.js`;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Turnpike</title>
<meta name="description" content="${description}">
${noIndex ? html`<meta name="robots" content="noindex">` : ""}
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${assetPath("style.css")}">
${data === undefined ? "" : dataBlock(data)}
${name ? html`<script type="module" src="${assetPath(name)}"></script>` : ""}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top">
<a class="brand" href="/"><img src="/favicon.svg" alt="" width="28" height="28">Turnpike</a>
<nav aria-label="Main">${NAVIGATION.map(([path, label]) => link(path, { label, isHere: isAt(c.req.path, path) }))}</nav>
</header>
<main id="main">
${body}
</main>
<footer class="bottom">Pay on chain, then unlock. <a href="/llms.txt">For agents</a> <a href="/openapi.json">OpenAPI</a></footer>
</body>
</html>`;
  return c.html(document, status, HEADERS);
}

/** Where a page's script tells how things go, and what went wrong: `status.ts` in the browser. */
export const statusBox = (): Html => html`<p id="status" class="status" role="status"></p>
<div id="error" class="error" role="alert" hidden></div>`;

const link = (path: string, { label, isHere }: { label: string; isHere: boolean }): Html =>
  html`<a href="${path}"${isHere ? raw(' aria-current="page"') : ""}>${label}</a>`;

const isAt = (here: string, path: string): boolean =>
  path === "/" ? here === "/" : here === path || here.startsWith(`${path}/`);

/** Within a script element only `<` can end it. */
const dataBlock = (data: unknown): Html =>
  html`<script type="application/json" id="data">${raw(JSON.stringify(data).replaceAll("<", "\\u003c"))}</script>`;
