import { readable } from "../amount.ts";
import { el } from "../dom.ts";
import { shortHex } from "../short-hex.ts";

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export const day = (iso: string): HTMLTimeElement => el("time", { datetime: iso }, DATE.format(new Date(iso)));

const UTC_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** A day as the server counts days. */
export const utcDay = (iso: string): HTMLTimeElement => el("time", { datetime: iso }, UTC_DATE.format(new Date(iso)));

export const moment = (iso: string): HTMLTimeElement => el("time", { datetime: iso }, TIME.format(new Date(iso)));

const USDC_DECIMALS = 6;

/** 1e-6 dollars as money: two decimals at least, and a sign where asked for. */
export function dollars(microUsd: bigint, { signed = false } = {}): string {
  const amount = microUsd < 0n ? -microUsd : microUsd;
  const [whole, fraction = ""] = readable(amount, USDC_DECIMALS).split(".");
  const sign = microUsd < 0n ? "−" : signed && microUsd > 0n ? "+" : "";
  return `${sign}$${whole}.${fraction.padEnd(2, "0")}`;
}

/** What the API tells as a number of dollars. */
export const microUsdOf = (usd: number): bigint => BigInt(Math.round(usd * 1e6));

/** Short, with all of it for who looks closer. */
export const shortened = (hex: string): HTMLElement => el("code", { title: hex }, shortHex(hex));

export type Tone = "good" | "warn" | "bad" | "calm";

export const badge = (text: string, tone: Tone = "calm"): HTMLElement => el("span", { class: `badge ${tone}` }, text);

export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** Names and what they stand for, one under the other. */
export const facts = (...pairs: readonly (readonly [string, Node | string])[]): HTMLElement =>
  el("dl", { class: "facts" }, ...pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));

/** What stands where nothing is yet, and what can be done about it. */
export const empty = (title: string, ...words: (Node | string)[]): HTMLElement =>
  el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), el("p", {}, ...words));
