import { Refusal } from "../api.ts";
import { wordsOf } from "../status.ts";
import { ask, type Said } from "./ask.ts";
import type { PayData } from "./data.ts";
import { pause } from "./payment.ts";
import type { Quote } from "./quote.ts";

export type Watching = {
  readonly data: PayData;
  readonly sessionId: string;
  readonly signal: AbortSignal;
  /** It is ours and not paid yet, as far as is known. */
  onPending(quote: Quote): void;
  /** Why nothing is known right now, in words; undefined when it is known again. */
  onTrouble(words: string | undefined): void;
};

export type Outcome =
  | Exclude<Said, { kind: "quote" }>
  /** It was not paid in time, or its time is over. The quote is a fresh one. */
  | { kind: "lapsed"; quote: Quote | undefined };

const WAIT_SEC = 25;
/** After an answer that came at once, though it was asked to wait. */
const LEAST_MS = 2_000;
const TROUBLE_MS = 3_000;

/** Asks until the session is unlocked, or cannot be any more. @throws AbortError when it is called off */
export async function watch(watching: Watching): Promise<Outcome> {
  const { signal, onPending, onTrouble } = watching;
  // What is known already is told at once, and only what comes later is waited for.
  for (let waitSec = 0; ; waitSec = WAIT_SEC) {
    const askedMs = Date.now();
    const said = await look(watching, waitSec);
    if (said.kind === "trouble") {
      onTrouble(wordsOf(said.refusal));
      await pause((said.refusal.retryAfterSec ?? 0) * 1000 || TROUBLE_MS, signal);
      continue;
    }
    onTrouble(undefined);
    if (said.kind !== "quote") return said;
    if (!said.isOurs) return { kind: "lapsed", quote: said.quote };
    onPending(said.quote);
    if (waitSec > 0) await pause(Math.max(0, LEAST_MS - (Date.now() - askedMs)), signal);
  }
}

type Look = Said | Extract<Outcome, { kind: "lapsed" }> | { kind: "trouble"; refusal: Refusal };

/** Asks once. @throws AbortError when it is called off */
export async function look(
  { data, sessionId, signal }: Pick<Watching, "data" | "sessionId" | "signal">,
  waitSec: number,
): Promise<Look> {
  try {
    return await ask(data, { sessionId, waitSec, signal });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // Paused or deleted: only who has paid is let in, and this session is not one of theirs.
    if (error.code === "api_paused" || error.code === "not_found") return { kind: "lapsed", quote: undefined };
    return { kind: "trouble", refusal: error };
  }
}
