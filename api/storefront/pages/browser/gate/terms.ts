import { byId, show } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";
import type { GateData } from "./data.ts";
import { isTicked, written } from "./fields.ts";
import type { Headers } from "./headers.ts";
import { amountOf } from "./price.ts";
import type { TokenPicker } from "./token-picker.ts";

/** The form in the API's own words. */
export type Terms = {
  readonly p_merchant_wallet: string;
  readonly p_is_listed: boolean;
  readonly [field: string]: unknown;
};

export type FormParts = { readonly data: GateData; readonly picker: TokenPicker; readonly headers: Headers };

/** Reads the form, from top to bottom. What only the server can judge is left to it. @throws InvalidField, Refusal */
export async function readTerms({ data, picker, headers }: FormParts): Promise<Terms> {
  const p_api_url = required("p_api_url");
  const token = await picker.resolve();
  return {
    p_api_url,
    p_name: written("p_name") || null,
    p_description: written("p_description") || null,
    p_token_address: token.address,
    p_amount_wei: amountOf(token).toString(),
    p_valid_for_sec: secondsOf(data),
    p_merchant_wallet: required("p_merchant_wallet"),
    p_chain_id: data.chain.id,
    p_fee_bps_snapshot: data.feeBps,
    p_allowed_methods: methodsOf(),
    p_upstream_headers: headers.values() ?? null,
    p_is_listed: isTicked("p_is_listed"),
  };
}

function required(field: string): string {
  const text = written(field);
  if (text === "") throw new InvalidField(field, "is missing");
  return text;
}

function secondsOf({ validForSec: { min, max } }: GateData): number {
  const text = written("lasts") || written("p_valid_for_sec");
  const seconds = Number(text);
  if (!/^\d+$/.test(text) || seconds < min || seconds > max)
    throw new InvalidField("p_valid_for_sec", `must be a whole number from ${min} to ${max}`);
  return seconds;
}

function methodsOf(): string[] {
  const ticked = document.querySelectorAll<HTMLInputElement>("input[name=method]:checked");
  if (ticked.length === 0) throw new InvalidField("p_allowed_methods", "must hold at least one method");
  return Array.from(ticked, ({ value }) => value);
}

/** Another time than those that are offered. */
export function offerOtherTime(): void {
  const lasts = byId<HTMLSelectElement>("lasts");
  const update = () => show(byId("other-time"), lasts.value === "");
  lasts.addEventListener("change", update);
  update();
}
