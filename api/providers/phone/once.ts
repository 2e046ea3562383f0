import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db.ts";
import { CARRIER, COSTS } from "../../limits.ts";
import type { Absent, PhoneProvider, Refused, Unknown } from "../phone.ts";
import { keepCost } from "./costs.ts";
import { type Admission, pausedSince } from "./rules/judge.ts";
import type { Rule } from "./rules/refusal-counts.ts";
import { NO_RULES, type PhoneRules } from "./rules.ts";

/** Without rules nothing is restricted but by the operator's switches. */
export type OnceDeps = { db: Db; clock: Clock; log: Logger; phone: PhoneProvider; rules?: PhoneRules | undefined };

/** What came of it; while it is unknown, ask again no sooner than after `retryAfterSec`. */
export type Outcome<Done> = Done | Refused | Waiting;
export type Waiting = { kind: "unknown"; retryAfterSec: number };

export type Effect<Done> = {
  /** A UUID of ours. */
  reference: string;
  what: "number" | "text" | "lookup";
  /** Whether it may be had at all: judged once, in the same moment as the intent is put on record. */
  admission?: Admission;
  /** `absent`: it surely was not taken on, and may be asked for again later. */
  act(): Promise<Done | Refused | Absent | Unknown>;
  /** `triedAt`: when the effect was last asked for. */
  find(triedAt: Date): Promise<Done | Refused | Absent | Unknown>;
};

/**
 * Has an effect at the carrier at most once, whoever asks and whatever dies meanwhile: the intent is on record before
 * the carrier is called, one process at a time may call, and who comes after a missing answer looks first.
 */
export async function once<Done extends { kind: string }>(
  deps: OnceDeps,
  effect: Effect<Done>,
): Promise<Outcome<Done>> {
  const hold = await takeHold(deps, effect);
  if (!hold) return onRecord<Done>(deps, effect.reference);
  const answer = await ask(deps, effect, hold);
  if (answer.kind !== "unknown" && answer.kind !== "absent")
    return conclude(deps, effect.reference, answer as Done | Refused);
  const isHopeless = hold.begunAt.getTime() + CARRIER.giveUpSec * 1000 <= deps.clock.nowMs();
  if (isHopeless) return conclude<Done>(deps, effect.reference, { kind: "refused", reason: "no_answer" });
  return letGo(deps, effect.reference, { ...hold, isOver: answer.kind === "absent" });
}

/** `isElsewhere`: another carrier was asked before, or from another account, which the operator has left since. */
type Hold = { tries: number; begunAt: Date; triedAt: Date; isElsewhere: boolean };

type Row = { tries: number; begun_at: Date; tried_at: Date; carrier: string | null; refusal: Rule | null };

/** Undefined: the answer is known, or somebody else is asking. */
async function takeHold(
  { db, clock, phone, rules = NO_RULES }: OnceDeps,
  { reference, what, admission }: Pick<Effect<unknown>, "reference" | "what" | "admission">,
): Promise<Hold | undefined> {
  const nowMs = clock.nowMs();
  const { rows } = await db.pool.query<Row>({
    name: "take-hold",
    text: `select tries, begun_at, tried_at, carrier, refusal
           from app.take_hold($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      reference,
      what,
      new Date(nowMs),
      new Date(nowMs + phone.answersWithinSec * 1000),
      // A look-up tells its price at once, or never.
      phone.costOf && what !== "lookup" ? new Date(nowMs + COSTS.firstAskSec * 1000) : null,
      admission?.product ?? null,
      admission?.standing ?? null,
      admission?.scopes ?? [],
      admission?.rules ?? [],
      admission?.caps ?? [],
      JSON.stringify(admission?.facts ?? {}),
      actorOf(phone),
    ],
  });
  const [row] = rows;
  if (row?.refusal) rules.refusals.tell(row.refusal);
  if (!row || row.refusal) return undefined;
  const isElsewhere = row.carrier !== null && row.carrier !== actorOf(phone);
  return { tries: row.tries, begunAt: row.begun_at, triedAt: row.tried_at, isElsewhere };
}

const actorOf = ({ name, actsAs }: PhoneProvider): string => (actsAs === undefined ? name : `${name} ${actsAs}`);

async function onRecord<Done>({ db, clock }: OnceDeps, reference: string): Promise<Outcome<Done>> {
  const { rows } = await db.pool.query<{ answer: Done | Refused | null; held_until: Date }>(
    "select answer, held_until from app.carrier_call where reference = $1",
    [reference],
  );
  if (rows[0]?.answer) return rows[0].answer;
  const heldMs = (rows[0]?.held_until.getTime() ?? 0) - clock.nowMs();
  return { kind: "unknown", retryAfterSec: Math.max(1, heldMs / 1000) };
}

/** What an adapter rejects with tells nothing about the effect. */
async function ask<Done>(deps: OnceDeps, effect: Effect<Done>, hold: Hold): Promise<Done | Refused | Absent | Unknown> {
  const { log } = deps;
  const { reference } = effect;
  const unknown = (error: Error): Unknown => {
    log.warn({ reference, reason: error.message }, "the carrier gave no answer");
    return { kind: "unknown" };
  };
  if (hold.tries === 1) return effect.act().catch(unknown);
  const found = hold.isElsewhere ? leftBehind(hold) : await effect.find(hold.triedAt).catch(unknown);
  if (!isAbsent(found)) return found;
  const paused = effect.admission && (await pausedSince(deps, effect.admission));
  if (paused) return paused;
  // On record before it is asked for again: who looks after a kill must not take it for long over.
  return (await keepTry(deps, reference, hold)) ? effect.act().catch(unknown) : { kind: "unknown" };
}

/** Of what another carrier may have done this one can not tell: it is not asked for a second time. */
const leftBehind = ({ triedAt }: Hold): Refused | Absent =>
  triedAt.getTime() === 0 ? { kind: "absent" } : { kind: "refused", reason: "no_answer" };

/** False: somebody else holds it since. */
async function keepTry({ db, clock, phone }: OnceDeps, reference: string, { tries }: Hold): Promise<boolean> {
  const { rowCount } = await db.pool.query(
    "update app.carrier_call set tried_at = $2, carrier = $4 where reference = $1 and tries = $3 and state = 'open'",
    [reference, new Date(clock.nowMs()), tries, actorOf(phone)],
  );
  return rowCount === 1;
}

const isAbsent = (found: unknown): found is Absent => (found as { kind: string }).kind === "absent";

/** The first answer stays: a receipt may have been one already. */
async function conclude<Done>(deps: OnceDeps, reference: string, answer: Done | Refused): Promise<Outcome<Done>> {
  const { db, clock, phone } = deps;
  const { costMicroUsd, ...kept } = answer as { kind: string; costMicroUsd?: bigint };
  const at = new Date(clock.nowMs());
  if (costMicroUsd !== undefined) await keepCost(db.pool, { reference, carrier: phone.name, costMicroUsd, at });
  const { rowCount } = await db.pool.query(
    "update app.carrier_call set state = $2, answer = $3 where reference = $1 and state = 'open'",
    [reference, kept.kind === "refused" ? "refused" : "done", JSON.stringify(kept)],
  );
  return rowCount === 1 ? (kept as Done | Refused) : onRecord(deps, reference);
}

/**
 * Unless somebody else holds it since: this process was slower than a carrier can be. `isOver`: nothing is on its way any
 * more, and the next look-up need not wait for it.
 */
async function letGo({ db, clock }: OnceDeps, reference: string, hold: Hold & { isOver: boolean }): Promise<Waiting> {
  const { tries, isOver } = hold;
  const { first, longest } = CARRIER.askAgainSec;
  const retryAfterSec = Math.min(longest, first * 2 ** Math.min(tries - 1, 10));
  await db.pool.query(
    `update app.carrier_call set held_until = $2, tried_at = case when $4 then to_timestamp(0) else tried_at end
     where reference = $1 and tries = $3`,
    [reference, new Date(clock.nowMs() + retryAfterSec * 1000), tries, isOver],
  );
  return { kind: "unknown", retryAfterSec };
}
