import { decimalUsdOf, microUsdOf } from "../../api/providers/otp/usd.ts";
import type { Activation } from "./books.ts";
import type { Shop, Sold } from "./shop.ts";

export const ACTIONS = ["getBalance", "getPrices", "getNumber", "getStatus", "getFullSms", "setStatus"] as const;
export type Action = (typeof ACTIONS)[number];

/** The words of `handler_api.php` for what `shop` does. */
export function answerTo(shop: Shop, query: URLSearchParams): string {
  const action = query.get("action") ?? "";
  return isAction(action) ? VERBS[action](shop, query) : "BAD_ACTION";
}

export const isAction = (name: string): name is Action => (ACTIONS as readonly string[]).includes(name);

/** Of a text, as suppliers pick it out. */
export const codeOf = (text: string): string => /\d{3,10}/.exec(text)?.[0] ?? text;

const VERBS: Record<Action, (shop: Shop, query: URLSearchParams) => string> = {
  getBalance: (shop) => `ACCESS_BALANCE:${decimalUsdOf(shop.balanceMicroUsd())}`,
  getPrices: pricesOf,
  getNumber: (shop, query) => {
    const limit = query.get("maxPrice");
    const maxMicroUsd = limit === null ? undefined : (microUsdOf(limit) ?? 0n);
    return saleWord(
      shop.sell({ service: query.get("service") ?? "", country: query.get("country") ?? "", maxMicroUsd }),
    );
  },
  getStatus: (shop, query) => {
    const one = shop.find(query.get("id") ?? "");
    return one ? statusWord(one) : "NO_ACTIVATION";
  },
  getFullSms: (shop, query) => {
    const one = shop.find(query.get("id") ?? "");
    if (!one) return "NO_ACTIVATION";
    return one.text === undefined || one.state === "again" ? statusWord(one) : `FULL_SMS:${one.text}`;
  },
  setStatus: (shop, query) => {
    const one = shop.find(query.get("id") ?? "");
    return one ? setWord(shop, one, query.get("status")) : "NO_ACTIVATION";
  },
};

function pricesOf(shop: Shop, query: URLSearchParams): string {
  const isWanted = (name: string, value: string) => [null, value].includes(query.get(name));
  const prices: Record<string, Record<string, { cost: number; count: number }>> = {};
  for (const { service, country, costMicroUsd, stock } of shop.shelves()) {
    if (!isWanted("service", service) || !isWanted("country", country)) continue;
    prices[country] ??= {};
    prices[country][service] = { cost: Number(decimalUsdOf(costMicroUsd)), count: stock };
  }
  return JSON.stringify(prices);
}

function saleWord(sold: Sold): string {
  if (sold.kind === "sold") return `ACCESS_NUMBER:${sold.activation.id}:${sold.activation.phoneNumber}`;
  if (sold.kind === "too_dear") return `WRONG_MAX_PRICE:${decimalUsdOf(sold.costMicroUsd)}`;
  return sold.kind.toUpperCase();
}

function statusWord({ state, text }: Activation): string {
  if (state === "again") return `STATUS_WAIT_RETRY:${codeOf(text ?? "")}`;
  if (text !== undefined) return `STATUS_OK:${codeOf(text)}`;
  return state === "waiting" ? "STATUS_WAIT_CODE" : "STATUS_CANCEL";
}

const CANCEL_WORDS = {
  cancelled: "ACCESS_CANCEL",
  too_early: "EARLY_CANCEL_DENIED",
  bad_status: "BAD_STATUS",
} as const;

function setWord(shop: Shop, one: Activation, status: string | null): string {
  if (status === "1") return one.state === "waiting" ? "ACCESS_READY" : "BAD_STATUS";
  if (status === "3") return shop.askAgain(one.id) ? "ACCESS_RETRY_GET" : "BAD_STATUS";
  if (status === "6") return shop.finish(one.id) ? "ACCESS_ACTIVATION" : "BAD_STATUS";
  return status === "8" ? CANCEL_WORDS[shop.cancel(one.id)] : "BAD_STATUS";
}
