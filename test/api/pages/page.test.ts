import { Hono } from "hono";
import { html } from "hono/html";
import { describe, expect, it } from "vitest";
import { type Head, type Html, page } from "../../../api/storefront/pages/page.ts";

const HOSTILE = `</script><img src=x onerror="alert(1)">&'`;

function shown(head: Partial<Head> = {}, body: Html = html`<h1>Hello</h1>`, at = "/"): Promise<Response> {
  const app = new Hono();
  app.get("*", (c) => page(c, { title: "Hello", description: "A page", ...head }, body));
  return Promise.resolve(app.request(at));
}

const textOf = async (...args: Parameters<typeof shown>) => (await shown(...args)).text();

describe("page()", () => {
  it("lets nothing in but our own files, and shows itself in nobody's frame", async () => {
    const { headers } = await shown();
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' blob: data:",
      "connect-src 'self'",
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ]);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin-allow-popups");
    expect(headers.get("content-type")).toBe("text/html; charset=UTF-8");
  });

  it("holds no script, style or file that the policy would refuse", async () => {
    const text = await textOf({ script: "pay", data: { a: 1 } });
    const scripts = [...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
    expect(scripts).toHaveLength(2);
    expect(scripts[0]).toBe('<script type="application/json" id="data">');
    expect(scripts[1]).toMatch(/^<script type="module" src="\/assets\/[0-9a-f]{16}\/pay\.js">$/);
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|https?:\/\//);
  });

  it("shows what strangers wrote as what they wrote", async () => {
    const text = await textOf({ title: HOSTILE, description: HOSTILE }, html`<h1>${HOSTILE}</h1>`);
    expect(text).not.toContain("<img src=x");
    expect(text.match(/&lt;\/script&gt;&lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;&amp;&#39;/g)).toHaveLength(3);
  });

  it("gives a script its data, whatever is in it", async () => {
    const data = { name: HOSTILE, comment: "<!--<script>" };
    const text = await textOf({ script: "pay", data });
    const [, block = ""] = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text) ?? [];
    expect(block).not.toContain("<");
    expect(JSON.parse(block)).toEqual(data);
  });

  it("marks where one is", async () => {
    const here = async (at: string) => /<a href="([^"]+)" aria-current="page">/.exec(await textOf({}, html``, at))?.[1];
    expect(await here("/")).toBe("/");
    expect(await here("/docs")).toBe("/docs");
    expect(await here("/docs/getting-started")).toBe("/docs");
    expect(await here("/docsy")).toBeUndefined();
  });

  it("is kept out of search engines, and answers with another status, when told", async () => {
    expect(await textOf()).not.toContain("noindex");
    expect(await textOf({ noIndex: true })).toContain('<meta name="robots" content="noindex">');
    expect((await shown({ status: 404 })).status).toBe(404);
  });
});
