import { mkdirSync } from "node:fs";
import path from "node:path";
import axe from "axe-core";
import type { Page } from "playwright-core";

export const SCREENSHOTS = path.join(import.meta.dirname, "screenshots");

const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } } as const;
const THEMES = ["light", "dark"] as const;

type Finding = { id: string; impact: string; help: string; nodes: string[] };

/**
 * Photographs what a page shows now, in both themes and at phone width, to `screenshots/<name>-<theme>-<size>.png`, and
 * judges each.
 *
 * @throws Error that names every serious or critical finding of axe, and what makes a phone scroll sideways
 */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  const faults: string[] = [];
  for (const colorScheme of THEMES)
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      const picture = path.join(SCREENSHOTS, `${name}-${colorScheme}-${size}.png`);
      await page.screenshot({ path: picture, fullPage: true, animations: "disabled" });
      const found = [...(await findings(page)), ...(await overflow(page))];
      faults.push(...found.map((fault) => `${name}, ${colorScheme}, ${size}: ${fault}`));
    }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(SIZES.desktop);
  if (faults.length > 0) throw new Error(faults.join("\n"));
}

export async function findings(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(axe.source);
  const found = (await page.evaluate(AXE)) as Finding[];
  return found.map(({ id, impact, help, nodes }) => `${impact} ${id}, ${help}: ${nodes.join(" | ")}`);
}

const AXE = `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, impact, help, nodes }) => ({ id, impact, help, nodes: nodes.map(({ html }) => html.slice(0, 120)) })))`;

export async function overflow(page: Page): Promise<string[]> {
  const wide = (await page.evaluate(WIDE)) as string[];
  return wide.map((html) => `wider than the window: ${html}`);
}

const WIDE = `(() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const all = [...document.body.querySelectorAll("*")];
  const wide = all.filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1);
  return (wide.length ? wide.slice(0, 5) : [document.body]).map(({ outerHTML }) => outerHTML.slice(0, 120));
})()`;
