import type pg from "pg";
import type { Address } from "viem";
import { type Clock, DAY_MS } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import { ApiError } from "../../../errors.ts";
import type { Refused } from "../../phone.ts";
import { countryOf, plainNumber } from "../country.ts";
import { NO_RULES, type PhoneRules } from "../rules.ts";
import type { RefusalCount, Rule } from "./refusal-counts.ts";

export type RuleDeps = {
  readonly db: Pick<Db, "pool">;
  readonly clock: Clock;
  /** Absent, nothing is restricted but by the operator's switches. */
  readonly rules?: PhoneRules | undefined;
};

/** What is asked of the carrier. `payer` is absent where he is not known. */
export type RuledText = { readonly what: "text"; readonly to: string; readonly payer?: Address | undefined };
export type RuledLine = { readonly what: "number"; readonly country: string };
export type Ruled = RuledText | RuledLine;

type Refusal = { readonly rule: Rule; readonly retryAfterSec?: number };

/**
 * Before any money moves.
 *
 * @throws ApiError destination_not_allowed, quiet_hours, message_limit, sales_paused
 */
export async function assertAllowed(deps: RuleDeps, asked: Ruled): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const refusal = standing(deps, asked, nowMs) ?? (await passing(deps, asked, nowMs));
  if (refusal) throw refused(deps, asked, refusal);
}

/** The part of it that takes no look at what others do. @throws ApiError destination_not_allowed, quiet_hours */
export function assertRules(deps: RuleDeps, asked: Ruled): void {
  const refusal = standing(deps, asked, deps.clock.nowMs());
  if (refusal) throw refused(deps, asked, refusal);
}

/** The same once more right before the carrier is asked: night may have fallen since. It was counted by then. */
export function againstRules(deps: RuleDeps, asked: Ruled): Counted | undefined {
  const refusal = standing(deps, asked, deps.clock.nowMs());
  if (!refusal) return undefined;
  refused(deps, asked, refusal);
  return COUNTED;
}

type Counted = Refused & { readonly isCounted: true };
const COUNTED: Counted = { kind: "refused", reason: "against_rules", isCounted: true };

/** What `app.take_hold` judges an intent by. */
export type Admission = {
  readonly product: string;
  /** What is against it already. */
  readonly standing: Rule | undefined;
  /** Whose texts of the day are counted, in the order of their locks, under which rule, and how many there may be. */
  readonly scopes: readonly string[];
  readonly rules: readonly Rule[];
  readonly caps: readonly number[];
  /** For the audit log. */
  readonly facts: Omit<RefusalCount, "rule">;
};

/**
 * All of it once more, for the moment in which the intent is put on record; then the text is counted. As many are let
 * through as the caps allow, however many ask at once.
 */
export function admissionOf(deps: RuleDeps, asked: Ruled): Admission {
  const scopes = scopesOf(deps.rules ?? NO_RULES, asked);
  return {
    product: PRODUCT[asked.what],
    standing: standing(deps, asked, deps.clock.nowMs())?.rule,
    scopes: scopes.map(({ scope }) => scope),
    rules: scopes.map(({ rule }) => rule),
    caps: scopes.map(({ cap }) => cap),
    facts: { what: asked.what, country: placeOf(asked) ?? null },
  };
}

/** What the carrier did not take on at first is asked for no more once its sale is paused. */
export async function pausedSince(
  { db, rules = NO_RULES }: RuleDeps,
  { product, facts }: Admission,
): Promise<Counted | undefined> {
  // Under the lock that whoever pauses the sale waits for.
  const text = "select app.carrier_refusal($1, '{}', '{}', current_date, true) is not null as is_paused";
  const { rows } = await db.pool.query<{ is_paused: boolean }>(text, [product]);
  if (!rows[0]?.is_paused) return undefined;
  rules.refusals.add({ ...facts, rule: "sales_paused" });
  return COUNTED;
}

/** A text that will never be sent leaves its place to another. */
export async function uncount(
  { rules = NO_RULES }: RuleDeps,
  client: pg.ClientBase,
  text: RuledText & { readonly reference: string },
): Promise<void> {
  // One after the other, as they are counted: or two could wait for each other.
  for (const { scope } of scopesOf(rules, text))
    await client.query(
      `update app.text_count set texts = texts - 1
       from app.carrier_call where reference = $1
         and (answer->>'reason' is distinct from 'against_rules' or answer::jsonb ? 'isCounted')
         and scope = $2 and day = (begun_at at time zone 'UTC')::date and texts > 0`,
      [text.reference, scope],
    );
}

/** One round of the worker: no cap asks for what was before yesterday. */
export async function dropOldCounts({ db, clock }: RuleDeps): Promise<void> {
  const before = new Date(clock.nowMs() - 2 * DAY_MS).toISOString().slice(0, 10);
  await db.pool.query("delete from app.text_count where day < $1", [before]);
}

const placeOf = (asked: Ruled): string | undefined => (asked.what === "text" ? countryOf(asked.to) : asked.country);

function standing({ rules = NO_RULES }: RuleDeps, asked: Ruled, nowMs: number): Refusal | undefined {
  const here = rules.of(placeOf(asked));
  if (asked.what === "number") return here.lines ? undefined : { rule: "country" };
  if (!here.texts) return { rule: "country" };
  if (rules.isBlocked(asked.to)) return { rule: "blocked" };
  const retryAfterSec = here.quiet?.(nowMs) ?? 0;
  return retryAfterSec > 0 ? { rule: "quiet_hours", retryAfterSec } : undefined;
}

type Scope = { readonly rule: Rule; readonly scope: string; readonly cap: number };

/** The order is the order of locks: what many share comes last, and is held for the shortest time. */
function scopesOf({ caps }: PhoneRules, asked: Ruled): Scope[] {
  if (asked.what === "number") return [];
  const { to, payer } = asked;
  const all: (Omit<Scope, "cap"> & { readonly cap: number | undefined })[] = [
    ...(payer
      ? [{ rule: "payer_cap" as const, scope: `payer:${payer.toLowerCase()}`, cap: caps.textsPerPayerADay }]
      : []),
    { rule: "destination_cap", scope: `to:${plainNumber(to)}`, cap: caps.textsPerDestinationADay },
    { rule: "day_cap", scope: "all", cap: caps.textsADay },
  ];
  return all.filter((one): one is Scope => one.cap !== undefined);
}

const PRODUCT = { text: "texts", number: "lines" } as const;

async function passing({ db, rules = NO_RULES }: RuleDeps, asked: Ruled, nowMs: number): Promise<Refusal | undefined> {
  const scopes = scopesOf(rules, asked);
  const { rows } = await db.pool.query<{ refusal: string | null }>({
    name: "carrier-refusal",
    text: "select app.carrier_refusal($1, $2, $3, $4, false) as refusal",
    values: [
      PRODUCT[asked.what],
      scopes.map(({ scope }) => scope),
      scopes.map(({ cap }) => cap),
      new Date(nowMs).toISOString().slice(0, 10),
    ],
  });
  const said = rows[0]?.refusal;
  if (said === undefined || said === null) return undefined;
  const full = scopes.find(({ scope }) => scope === said);
  return full ? { rule: full.rule, retryAfterSec: toMidnightSec(nowMs) } : { rule: "sales_paused" };
}

const DAY_SEC = 24 * 3600;
const toMidnightSec = (nowMs: number): number => DAY_SEC - (Math.floor(nowMs / 1000) % DAY_SEC);

/** What the caller is told, and counted. */
function refused({ rules = NO_RULES }: RuleDeps, asked: Ruled, refusal: Refusal): ApiError {
  rules.refusals.add({ rule: refusal.rule, what: asked.what, country: placeOf(asked) ?? null });
  return refusalError(refusal, placeOf(asked));
}

const CAPPED: Partial<Record<Rule, string>> = { payer_cap: "payer", destination_cap: "destination", day_cap: "day" };

function refusalError({ rule, retryAfterSec }: Refusal, country: string | undefined): ApiError {
  const later = retryAfterSec === undefined ? {} : { retryAfterSec };
  if (rule === "sales_paused") return new ApiError("sales_paused");
  if (rule === "quiet_hours")
    return new ApiError("quiet_hours", { details: { retry_after_sec: retryAfterSec }, ...later });
  const scope = CAPPED[rule];
  if (scope) return new ApiError("message_limit", { details: { scope, retry_after_sec: retryAfterSec }, ...later });
  return new ApiError("destination_not_allowed", { details: { country: country ?? null } });
}
