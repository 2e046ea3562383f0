import type pg from "pg";
import { plainNumber } from "./country.ts";
import { NO_RULES, type OptWords, plainWord } from "./rules.ts";

/** Who writes to whom; texts without a line have one sender in common. */
export type Pair = { line: string | undefined; other: string };

const STOP = new Set(["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]);
const START = new Set(["START", "UNSTOP", "YES"]);

/**
 * The words that carriers agree on and the operator's own, as the whole message; their letters' case and what surrounds
 * them do not matter.
 */
export function wishOf(text: string, { stop, start }: OptWords = NO_RULES.words): "stop" | "start" | undefined {
  const word = plainWord(text);
  if (STOP.has(word) || stop.has(word)) return "stop";
  return START.has(word) || start.has(word) ? "start" : undefined;
}

export async function isOptedOut(pool: pg.Pool, { line, other }: Pair): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: "find-opt-out",
    text: "select from app.opt_out where sender = $1 and recipient = $2 and is_out",
    values: [senderOf(line), plainNumber(other)],
  });
  return rowCount === 1;
}

/** The latest word counts, in whichever order they arrive; of two at one time, the one that stops. */
export async function keepWish(client: pg.ClientBase, pair: Pair, wish: { isOut: boolean; at: Date }): Promise<void> {
  await client.query(
    `insert into app.opt_out as known (sender, recipient, is_out, changed_at) values ($1, $2, $3, $4)
     on conflict (sender, recipient) do update set is_out = excluded.is_out, changed_at = excluded.changed_at
     where known.changed_at < excluded.changed_at or (known.changed_at = excluded.changed_at and excluded.is_out)`,
    [senderOf(pair.line), plainNumber(pair.other), wish.isOut, wish.at],
  );
}

const senderOf = (line: string | undefined) => line ?? "pool";
