import type { Clock } from "../../clock.ts";
import { Recent } from "../../limits.ts";
import type { OtpBought, OtpCancelled, OtpDeps, OtpProvider, OtpPurchase, OtpRefusal, OtpStatus } from "../otp.ts";
import type { SupplierCatalog } from "./catalog.ts";
import type { Line, Told } from "./line.ts";
import { decimalUsdOf, microUsdOf } from "./usd.ts";

/** How long suppliers refuse to take a number back, and how soon one asks again when that cannot be known. */
const EARLY = { deniedSec: 120, askAgainSec: 10 } as const;
const KEPT_PURCHASES = 10_000;
const TEXT_CHARS = 2_000;
/** The code is there by then, and somebody waits for it. */
const WHOLE_TEXT_MS = 1_500;

/** Words of a supplier that sold nothing. Anything else leaves it open. */
const REFUSALS: Readonly<Record<string, OtpRefusal>> = {
  NO_NUMBERS: "no_numbers",
  NO_BALANCE: "no_balance",
  WRONG_MAX_PRICE: "price_rose",
  BAD_SERVICE: "bad_service",
  BAD_ACTION: "failed",
  BAD_KEY: "failed",
  BANNED: "failed",
};
/** The number was taken back, has expired or never was. */
const UNKNOWN_ACTIVATION = new Set(["NO_ACTIVATION", "WRONG_ACTIVATION_ID"]);
const WAITING = new Set(["STATUS_WAIT_CODE", "STATUS_WAIT_RETRY", "STATUS_WAIT_RESEND"]);

type SupplierDeps = { catalog: SupplierCatalog; line: Line; clock: Clock; log: OtpDeps["log"] };

/** One supplier; ids of activations are its own. */
export type Supplier = Pick<OtpProvider, "status" | "cancel" | "finish"> & {
  /** Asks once. */
  buy(purchase: Wanted): Promise<OtpBought>;
  /** 1e-6 USD; undefined while it cannot be asked. */
  balanceMicroUsd(): Promise<bigint | undefined>;
};

export type Wanted = Pick<OtpPurchase, "service" | "country" | "maxCostMicroUsd">;

/** What can be done at the supplier, in our words. Nothing here rejects. */
export function createSupplier({ catalog, line, clock, log }: SupplierDeps): Supplier {
  const services = new Map(catalog.services.map(({ id, code }) => [id, code]));
  const countries = new Map(catalog.countries.map(({ id, code }) => [id, code]));
  const boughtAtMs = new Recent<number>(KEPT_PURCHASES);
  let tellsWholeTexts = true;

  const buy: Supplier["buy"] = async ({ service, country, maxCostMicroUsd }) => {
    const codes = { service: services.get(service), country: countries.get(country) };
    if (codes.service === undefined || codes.country === undefined) return { kind: "refused", reason: "bad_service" };
    const query = { service: codes.service, country: codes.country, maxPrice: decimalUsdOf(maxCostMicroUsd) };
    const told = await line.buy({ action: "getNumber", query });
    const bought = boughtOf(told);
    if (bought.kind === "bought") boughtAtMs.set(bought.activationId, clock.nowMs());
    else if (told.kind === "answer") log.warn({ bought }, "the supplier of codes sold nothing that we know of");
    return bought;
  };

  const status: Supplier["status"] = async (id) => {
    const known = statusOf(await line.ask({ action: "getStatus", query: { id } }));
    if (known.kind !== "received" || !tellsWholeTexts) return known;
    const [word, text] = wordsOf(await line.ask({ action: "getFullSms", query: { id }, mostMs: WHOLE_TEXT_MS }));
    if (word === "BAD_ACTION") tellsWholeTexts = false;
    return word === "FULL_SMS" && text !== "" ? { ...known, text: storable(text) } : known;
  };

  const cancel: Supplier["cancel"] = async (id) => {
    const [word] = wordsOf(await line.ask({ action: "setStatus", query: { id, status: "8" } }));
    if (word === "ACCESS_CANCEL" || UNKNOWN_ACTIVATION.has(word)) return { kind: "cancelled" };
    if (word === "EARLY_CANCEL_DENIED") return { kind: "too_early", retryAfterSec: deniedForSec(boughtAtMs.get(id)) };
    return outcomeOf(await status(id));
  };

  const deniedForSec = (sinceMs: number | undefined): number => {
    const goneSec = sinceMs === undefined ? EARLY.deniedSec : Math.floor((clock.nowMs() - sinceMs) / 1000);
    return Math.max(EARLY.askAgainSec, EARLY.deniedSec - goneSec);
  };

  return {
    buy,
    status,
    cancel,
    finish: async (id) => {
      await line.ask({ action: "setStatus", query: { id, status: "6" } });
    },
    balanceMicroUsd: async () => {
      const [word, amount] = wordsOf(await line.ask({ action: "getBalance" }));
      return word === "ACCESS_BALANCE" ? microUsdOf(amount) : undefined;
    },
  };
}

/** The word before the first colon and the rest; no answer has no word. */
function wordsOf(told: Told): [word: string, rest: string] {
  const text = told.kind === "answer" ? told.text : "";
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1).trim()];
}

function boughtOf(told: Told): OtpBought {
  if (told.kind === "unsent") return { kind: "refused", reason: "failed" };
  const [word, rest] = wordsOf(told);
  const reason = Object.hasOwn(REFUSALS, word) ? REFUSALS[word] : undefined;
  if (reason) return { kind: "refused", reason };
  const [, activationId, digits] = /^([\w-]{1,64}):\+?([1-9]\d{6,14})$/.exec(rest) ?? [];
  if (word !== "ACCESS_NUMBER" || !activationId || !digits) return { kind: "unknown" };
  return { kind: "bought", activationId, phoneNumber: `+${digits}` };
}

function statusOf(told: Told): OtpStatus {
  const [word, rest] = wordsOf(told);
  if (WAITING.has(word)) return { kind: "waiting" };
  if (word === "STATUS_CANCEL") return { kind: "cancelled" };
  // Suppliers forget numbers in time, and may not know one yet that they have just sold: only a cancel makes that an end.
  const code = storable(rest);
  return word === "STATUS_OK" && code !== "" ? { kind: "received", code, text: code } : { kind: "unknown" };
}

/** Postgres keeps no NUL in a text. */
const storable = (text: string): string => text.replaceAll("\0", "").slice(0, TEXT_CHARS);

/** It was not taken back: because the code came, because it had been before, or for a reason that nobody tells. */
const outcomeOf = (status: OtpStatus): OtpCancelled => (status.kind === "waiting" ? { kind: "unknown" } : status);
