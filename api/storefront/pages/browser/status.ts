import { Refusal } from "./api.ts";
import { byId } from "./dom.ts";

/** Tells how things go, to those who see the page and to those who hear it. */
export function tell(message: string): void {
  byId("error").hidden = true;
  byId("status").textContent = message;
}

/** Tells what went wrong, in words, and why nothing more happens. */
export function fail(error: unknown): void {
  byId("status").textContent = "";
  const box = byId("error");
  box.textContent = wordsOf(error);
  box.hidden = false;
}

/** Nothing to tell any more. */
export function clear(): void {
  tell("");
}

export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refusal && error.retryAfterSec !== undefined && error.status === 429)
    return `${message} Try again in ${error.retryAfterSec} seconds.`;
  return message;
}
