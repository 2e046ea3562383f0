import type { Tally } from "../../../metrics.ts";

export const RULES = [
  "country",
  "blocked",
  "quiet_hours",
  "payer_cap",
  "destination_cap",
  "day_cap",
  "sales_paused",
] as const;

export type Rule = (typeof RULES)[number];

/** Of which the operator learns. `country` is null for networks of no country. */
export type RefusalCount = { readonly rule: Rule; readonly what: "text" | "number"; readonly country: string | null };

type Counted = { readonly refusal: RefusalCount; readonly times: number };

/** Refusals that cost nobody anything are counted here, and written down together: callers need not pay to cause them. */
export class RefusalCounts {
  readonly #counts = new Map<string, Counted>();
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  add(refusal: RefusalCount): void {
    this.tell(refusal.rule);
    this.putBack([{ refusal, times: 1 }]);
  }

  /** For /metrics alone: it is on record already. */
  tell(rule: Rule): void {
    this.#tally.add(rule);
  }

  /** What was counted since the last time. */
  take(): Counted[] {
    const taken = [...this.#counts.values()];
    this.#counts.clear();
    return taken;
  }

  /** What could not be written down is taken another time. */
  putBack(counts: readonly Counted[]): void {
    for (const { refusal, times } of counts) {
      const key = `${refusal.rule} ${refusal.what} ${refusal.country}`;
      this.#counts.set(key, { refusal, times: times + (this.#counts.get(key)?.times ?? 0) });
    }
  }
}
