import type { Context } from "hono";
import { html } from "hono/html";
import { page } from "./page.ts";

/** A person who follows a wrong link; a program that asks the API gets the API's own words. */
export const isPersonLost = ({ req }: Context): boolean =>
  (req.method === "GET" || req.method === "HEAD") &&
  !/^\/api(?:\/|$)/.test(req.path) &&
  /\btext\/html\b/.test(req.header("accept") ?? "");

export function notFoundPage(c: Context): Response | Promise<Response> {
  return page(
    c,
    { title: "Nothing here", description: "There is nothing at this address.", noIndex: true, status: 404 },
    html`<div class="narrow">
<h1>Nothing here</h1>
<p class="lead">There is nothing at this address. The link may be cut off, or what it led to is gone.</p>
<p><a href="/">Start at the beginning</a>, or <a href="/docs">read how this works</a>.</p>
</div>`,
  );
}
