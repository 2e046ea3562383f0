import { randomBytes } from "node:crypto";
import type { Address, Hex } from "viem";
import type { Chain } from "../../../contracts/chains.ts";
import { paymentIdsOf } from "../../../contracts/payment-id.ts";
import { type Clock, isoOfSec, nowSec } from "../../clock.ts";
import { CACHE, QUOTE_VALID_SEC, Recent } from "../../limits.ts";
import type { GasSurcharges } from "../../providers/gas-surcharges.ts";
import type { GatewayFees } from "../../providers/gateway-fees.ts";
import { callsOf } from "./calls.ts";
import { gasOf, type PaymentCall } from "./gas.ts";
import { createSalts, type Salts } from "./salts.ts";
import type { Issue, SessionKeys } from "./session-id.ts";
import type { Terms } from "./terms.ts";

/** One offer to sell one session: what the 402 says. Hex without 0x. */
export type Quote = Issue & { readonly stamp: string; readonly sessionId: string };

export type QuotesDeps = {
  keys: SessionKeys;
  fees: GatewayFees;
  surcharges: GasSurcharges;
  chain: Chain;
  gateway: Address;
  publicUrl: string;
  clock: Clock;
};

export type Quotes = {
  /** A new quote. Stores nothing and asks nobody. @throws ApiError chain_unavailable when no fee was ever read */
  issue(terms: Terms): Quote;
  paymentIdOf(quote: Omit<Quote, "sessionId">): Hex;
  /** JSON of the 402's `data`, in ASCII. */
  dataOf(quote: Quote): string;
  /** Tells that a payment with this stamp was seen, which makes its neighbours cheaper. */
  paid(terms: Terms, stamp: string): void;
};

/** All that is the same in every quote of the same terms and fee. */
type Press = { paymentId(stamp: string): string; template: Template };
type Template = { parts: string[]; slots: Slot[] };
type Slot = "sessionId" | "paymentId" | "expiryIso" | "expirySec" | PaymentCall;

export function createQuotes(deps: QuotesDeps): Quotes {
  // By name, not by object: terms that were read again go on with their word, and know that it was paid.
  const salts = new Recent<Salts>(CACHE.apis);
  const presses = new WeakMap<Terms, Map<number, Press>>();
  // Quotes of one second end in one second, and a date is dear to print.
  let printed = { sec: 0, iso: "" };
  const isoOf = (sec: number) => {
    if (printed.sec !== sec) printed = { sec, iso: isoOfSec(sec) };
    return printed.iso;
  };
  const saltsOf = (terms: Terms) => made(salts, `${terms.apiId}|${terms.version}`, createSalts);
  const pressOf = ({ terms, feeBps }: Issue) =>
    made(
      made(presses, terms, () => new Map<number, Press>()),
      feeBps,
      () => createPress(deps, { terms, feeBps }),
    );
  return {
    issue: (terms) => {
      const { feeBps, payableUntilSec } = deps.fees.quote();
      const expirySec = Math.min(nowSec(deps.clock) + QUOTE_VALID_SEC, payableUntilSec ?? Number.POSITIVE_INFINITY);
      const stamp = expirySec.toString(16).padStart(8, "0") + saltsOf(terms).next();
      return { terms, feeBps, stamp, sessionId: deps.keys.idOf(stamp, { terms, feeBps }) };
    },
    paymentIdOf: (quote) => `0x${pressOf(quote).paymentId(quote.stamp)}`,
    dataOf: (quote) => {
      const { terms, stamp, sessionId } = quote;
      const press = pressOf(quote);
      const expirySec = Number.parseInt(stamp.slice(0, 8), 16);
      const gas = { isWarm: saltsOf(terms).isWarm(stamp.slice(8)), surcharge: deps.surcharges.of(terms) };
      return print(press.template, {
        sessionId,
        paymentId: press.paymentId(stamp),
        expiryIso: isoOf(expirySec),
        expirySec: String(expirySec),
        native: gasOf("native", gas),
        payFor: gasOf("payFor", gas),
        payForWithPermit: gasOf("payForWithPermit", gas),
      });
    },
    paid: (terms, stamp) => saltsOf(terms).paid(stamp.slice(8)),
  };
}

function made<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function createPress(deps: QuotesDeps, { terms, feeBps }: Issue): Press {
  const { merchant, token, amountWei: amount } = terms;
  const fixed = { chainId: deps.chain.id, gateway: deps.gateway, merchant, token, amount, feeBps };
  return { paymentId: paymentIdsOf(fixed), template: createTemplate(deps, { terms, feeBps }) };
}

const TEXT_SLOTS = ["sessionId", "paymentId", "expiryIso", "expirySec"] as const;
const NUMBER_SLOTS = ["native", "payFor", "payForWithPermit"] as const;

/** Serialises the 402 once, with markers that nobody can guess where each quote differs, and cuts it there. */
function createTemplate(deps: QuotesDeps, issue: Issue): Template {
  const slotOf = new Map<string, Slot>();
  const marks = {} as Record<Slot, string>;
  for (const slot of [...TEXT_SLOTS, ...NUMBER_SLOTS]) {
    marks[slot] = randomBytes(32).toString("hex");
    slotOf.set(marks[slot], slot);
  }
  let json = asciiJson(describe(deps, issue, marks));
  for (const slot of NUMBER_SLOTS) json = json.replaceAll(`"${marks[slot]}"`, marks[slot]);
  const pieces = json.split(new RegExp(`(${[...slotOf.keys()].join("|")})`));
  return {
    parts: pieces.filter((_, index) => index % 2 === 0),
    slots: pieces.filter((_, index) => index % 2 === 1).map((mark) => slotOf.get(mark) as Slot),
  };
}

function print({ parts, slots }: Template, values: Record<Slot, string | number>): string {
  let text = parts[0] as string;
  for (let i = 0; i < slots.length; i++) text += values[slots[i] as Slot] + (parts[i + 1] as string);
  return text;
}

/** JSON without a character above 127: Node sends such a text without looking at each character again. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function describe(deps: QuotesDeps, { terms, feeBps }: Issue, marks: Record<Slot, string>) {
  const paymentId: Hex = `0x${marks.paymentId}`;
  const { gateway, chain, publicUrl } = deps;
  return {
    session_id: `0x${marks.sessionId}`,
    payment_id: paymentId,
    network: { chain_id: chain.id, name: chain.name },
    contract: gateway,
    amount_wei: terms.amountWei.toString(),
    merchant_wallet: terms.merchant,
    token_address: terms.token,
    expires_at: marks.expiryIso,
    valid_for_sec: terms.validForSec,
    fee_bps: feeBps,
    status: "pending",
    name: terms.name ?? null,
    description: terms.description ?? null,
    agent_docs: `${publicUrl}/llms.txt`,
    calls: callsOf({ terms, gateway, paymentId, deadline: marks.expirySec, gas: marks }),
    next: {
      method: "GET",
      url: `${publicUrl}/api/${terms.apiId}`,
      headers: { "X-402-Session": `0x${marks.sessionId}`, Prefer: "wait=30" },
    },
  };
}
