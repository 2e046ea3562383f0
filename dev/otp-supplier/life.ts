import { randomInt } from "node:crypto";
import type { Clock } from "../../api/clock.ts";
import type { Activation, Books } from "./books.ts";
import { SERVICES } from "./shelves.ts";

export type Rules = {
  /** A number that got no text is taken back after this, and its price returned. */
  timeoutSec: number;
  /** Not given back sooner. */
  earlyCancelSec: number;
};

export type Life = { books: Books; clock: Pick<Clock, "nowMs">; rules: Rules };

/** Lets the time pass up to now: texts that are due come, then numbers whose time is over go. */
export function passTime(life: Life): void {
  for (const one of life.books.open()) {
    const due = isDue(life, one);
    if (due) arrive(life, one, textFor(one.service));
    if (endsAtMs(life, one) <= life.clock.nowMs()) end(life, due ? { ...one, state: "received" } : one);
  }
}

const endsAtMs = ({ rules }: Life, { boughtAtMs }: Activation): number => boughtAtMs + rules.timeoutSec * 1000;

function isDue(life: Life, one: Activation): boolean {
  const { codeDueAtMs } = one;
  return codeDueAtMs !== undefined && codeDueAtMs <= Math.min(life.clock.nowMs(), endsAtMs(life, one));
}

function end(life: Life, one: Activation): void {
  if (one.state === "waiting") takeBack(life, one, "expired");
  else life.books.change(one.id, { state: "finished", codeDueAtMs: undefined });
}

/** False: it has its text already. One that comes to a number which was taken back is kept and not charged. */
export function deliver(life: Life, one: Activation, text: string): boolean {
  const { id, state } = one;
  if (state === "waiting" || state === "again") arrive(life, one, text);
  else if ((state === "cancelled" || state === "expired") && !one.text) life.books.change(id, { text });
  else return false;
  return true;
}

const arrive = ({ books }: Life, { id }: Activation, text: string): void =>
  books.change(id, { state: "received", text, codeDueAtMs: undefined });

export function cancel(life: Life, one: Activation): "cancelled" | "too_early" | "bad_status" {
  if (one.state !== "waiting") return "bad_status";
  if (life.clock.nowMs() < one.boughtAtMs + life.rules.earlyCancelSec * 1000) return "too_early";
  takeBack(life, one, "cancelled");
  return "cancelled";
}

/** The money goes back; the text that was to come too late comes. */
function takeBack({ books }: Life, one: Activation, state: "cancelled" | "expired"): void {
  books.change(one.id, { state, codeDueAtMs: undefined, ...(one.comesLate && { text: textFor(one.service) }) });
  books.enter(`refund:${one.id}`, one.costMicroUsd);
}

/** False: it got no text. */
export function finish({ books }: Life, { id, state }: Activation): boolean {
  if (state === "received" || state === "again") books.change(id, { state: "finished", codeDueAtMs: undefined });
  return state === "received" || state === "again" || state === "finished";
}

const textFor = (service: string): string =>
  `${SERVICES[service]?.name ?? service}: your code is ${randomInt(1_000_000).toString().padStart(6, "0")}.`;
