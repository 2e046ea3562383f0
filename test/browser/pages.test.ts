import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPENING_MS, openShop, type Shop } from "./shop.ts";

/** Pages that show the same to everyone; what changes while they are used is looked at where it is used. */
const PAGES = [
  { path: "/", name: "home" },
  { path: "/docs", name: "docs" },
  { path: "/docs/getting-started", name: "docs-getting-started" },
  { path: "/docs/api-reference", name: "docs-api-reference" },
  { path: "/docs/operating", name: "docs-operating" },
  { path: "/gate", name: "gate" },
  { path: "/dashboard", name: "dashboard" },
] as const;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
}, OPENING_MS);

afterAll(() => shop?.close());

/** The reference is twenty thousand pixels long on a phone, and is photographed and judged four times. */
const LONG_LOOK = { timeout: 300_000 };

describe("every page", () => {
  it.each(PAGES)("can be read by everyone, in both themes and on a phone: $path", LONG_LOOK, async ({ path, name }) => {
    const visitor = await shop.visit();
    await visitor.open(path);
    await visitor.look(name);
  });

  it.each(PAGES)("sends nothing but its own files under a strict policy: $path", async ({ path }) => {
    const { headers } = await fetch(shop.dev.api + path);
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(expect.arrayContaining(["default-src 'none'", "script-src 'self'", "style-src 'self'"]));
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
  });

  it.each(PAGES)("can be used by keyboard alone: the first stop of $path leads to its content", async ({ path }) => {
    const { page, open } = await shop.visit();
    await open(path);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true);
  });

  it("leads to all others from its head", async () => {
    const visitor = await shop.visit();
    await visitor.open("/");
    const links = { Create: "/gate", Dashboard: "/dashboard", Docs: "/docs", Home: "/" };
    for (const [name, path] of Object.entries(links)) {
      const link = visitor.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name });
      await link.click();
      await visitor.page.waitForURL(shop.dev.api + path);
      expect(await link.getAttribute("aria-current")).toBe("page");
    }
  });
});

describe("scripts", () => {
  it.each(PAGES)("of $path weigh at most 70 KB, gzipped", async ({ path }) => {
    const visitor = await shop.visit();
    await visitor.open(path);
    await expect.poll(visitor.scripts).toHaveLength(await visitor.page.locator("script[src]").count());
    const scripts = await visitor.scripts();
    const packed = await Promise.all(scripts.map(async ({ url }) => gzipSync(await (await fetch(url)).text()).length));
    const told = scripts.map(({ url, bytes, encoding }) => `${url.split("/").at(-1)} ${bytes} bytes as ${encoding}`);
    console.log(`${path}: ${told.join(", ") || "no script"}; gzipped ${packed}`);
    expect(packed.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(70_000);
  });
});

describe("documentation", () => {
  it("lets copy what is to be typed, as it stands", async () => {
    const { page, open } = await shop.visit();
    await open("/docs/operating");
    const block = page.locator(".copied-from", { hasText: "node api/server.ts --help" });
    await block.getByRole("button", { name: "Copy" }).click();
    await block.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe("node api/server.ts --help");
  });
});
