import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { type Guards, guard, type Script } from "./guards.ts";
import { look, SCREENSHOTS } from "./look.ts";
import { injectWallet, type TestWallet, type WalletOptions, type WalletPlace } from "./wallet.ts";

export type VisitOptions = {
  /** `false`: a browser without a wallet. */
  readonly wallet?: WalletOptions | false;
  /** Statuses from 400 on that this visit is meant to meet, besides 402. */
  readonly refusals?: readonly number[];
};

/** Somebody with a browser of his own: nothing that another visitor stored is in it. */
export type Visitor = {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly wallet: TestWallet;
  /** Goes to a path of the shop. */
  open(path: string): Promise<void>;
  /** Waits until a text can be seen. */
  sees(text: string | RegExp): Promise<void>;
  /** Presses a button, or follows a link, by its name; not one of the head, which all pages share. */
  press(name: string | RegExp): Promise<void>;
  fill(label: string | RegExp, value: string): Promise<void>;
  /** Another tab of the same browser; it is `page` from now on, and the former one stays open. */
  newTab(): Promise<Visitor>;
  /** Photographs and judges what is shown now, in both themes and sizes. */
  look(name: string): Promise<void>;
  /** Every script that came over the wire so far. */
  scripts(): Promise<Script[]>;
};

export type VisitPlace = WalletPlace & { readonly browser: Browser; readonly origin: string };

/** Chromium shares two cores with chains, databases and other tests: what takes so long never happens. */
const PATIENCE_MS = 60_000;

/** Opens a browser for the running test, which fails afterwards if the guards saw anything. */
export async function visit(place: VisitPlace, options: VisitOptions = {}): Promise<Visitor> {
  const context = await place.browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const guards = guard(context, place.origin, options.refusals ?? []);
  onTestFinished(async ({ task }) => {
    if (task.result?.state === "fail") await tellFailure(context, task.name);
    await context.close();
    if (guards.faults().length > 0) throw new Error(`while somebody was here:\n${guards.faults().join("\n")}`);
  });
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: place.origin });
  const wallet =
    options.wallet === false ? (undefined as never) : await injectWallet(context, place, options.wallet ?? {});
  return visitorOf(await context.newPage(), { wallet, guards, origin: place.origin });
}

type Belongings = { wallet: TestWallet; guards: Guards; origin: string };

function visitorOf(page: Page, belongings: Belongings): Visitor {
  const { wallet, guards, origin } = belongings;
  return {
    page,
    context: page.context(),
    wallet,
    open: async (path) => {
      await page.goto(origin + path);
    },
    sees: (text) => sees(page, text),
    press: (name) =>
      page
        .locator("main, dialog")
        .getByRole("button", { name, exact: true })
        .or(page.locator("main, dialog").getByRole("link", { name, exact: true }))
        .filter({ visible: true })
        .click(),
    fill: (label, value) => page.getByLabel(label).fill(value),
    newTab: async () => visitorOf(await page.context().newPage(), belongings),
    look: (name) => look(page, name),
    scripts: guards.scripts,
  };
}

/** A failure's own words tell what was there instead: of a long log the end alone may be left. */
async function sees(page: Page, text: string | RegExp): Promise<void> {
  try {
    await page.getByText(text).filter({ visible: true }).first().waitFor();
  } catch (error) {
    throw new Error(`no ${text} within ${PATIENCE_MS} ms in:\n${await page.locator("body").innerText()}`, {
      cause: error,
    });
  }
}

/** What was to be seen when it failed: a picture, and the words. */
async function tellFailure(context: BrowserContext, name: string): Promise<void> {
  const folder = path.join(SCREENSHOTS, "failed");
  mkdirSync(folder, { recursive: true });
  for (const [index, page] of context.pages().entries()) {
    const file = path.join(folder, `${name.replace(/\W+/g, "-").slice(0, 80)}-${index}.png`);
    await page.screenshot({ path: file, fullPage: true });
    console.log(`${page.url()} shows (${file}):\n${await page.locator("body").innerText()}`);
  }
}
