import type { Shop } from "./shop.ts";
import type { Visitor } from "./visitor.ts";

/** A visitor who has signed in and looks at one part of the dashboard. */
export async function signedIn(
  shop: Shop,
  part: "lines" | "balance" | "keys" | "apis",
  options: Parameters<Shop["visit"]>[0] = {},
): Promise<Visitor> {
  const visitor = await shop.visit(options);
  await visitor.open(`/dashboard#${part}`);
  await visitor.press("Sign in");
  await visitor.sees("Signed in as");
  return visitor;
}

/** Presses a button of the dialog that is open. */
export const answer = ({ page }: Visitor, name: string): Promise<void> =>
  page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

/** What the dialog, or the page, says went wrong. */
export const errorOf = ({ page }: Visitor): Promise<string> =>
  page.locator(".error").filter({ visible: true, hasText: /./ }).innerText();

/** What the shop answers to a program with this API key. */
export async function askedWith(shop: Shop, apiKey: string, path = "/api/v1/balance") {
  const response = await fetch(shop.dev.api + path, { headers: { "X-API-Key": apiKey } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The secret that is shown once, once it is copied and kept. */
export async function keptSecret({ page, press, sees }: Visitor): Promise<string> {
  await sees("I have kept it");
  await press("Copy");
  await sees("Copied");
  const copied = (await page.evaluate("navigator.clipboard.readText()")) as string;
  await press("I have kept it");
  return copied;
}
