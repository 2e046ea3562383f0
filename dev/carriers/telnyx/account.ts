import { z } from "zod";
import type { Answered, Asked, Counter, Desk } from "./counter.ts";
import { invalid, notFound, Refusal } from "./refusal.ts";
import { profileOf } from "./shapes.ts";

export const ACCOUNT_DESKS: readonly Desk[] = [
  { place: "balance", method: "GET", path: /^\/balance$/, serve: balance },
  { place: "profile", method: "GET", path: /^\/messaging_profiles\/([^/]+)$/, serve: profile },
  { place: "profile", method: "PATCH", path: /^\/messaging_profiles\/([^/]+)$/, serve: changeProfile },
  { place: "lookup", method: "GET", path: /^\/number_lookup\/([^/]+)$/, serve: lookUp },
];

function balance({ state }: Counter): Answered {
  const amount = (Number(state.balanceMicroUsd) / 1e6).toFixed(2);
  const shown = { pending: "0.00", balance: amount, credit_limit: "0.00", available_credit: amount };
  return { body: { data: { record_type: "balance", ...shown, currency: "USD" } } };
}

function profile({ state }: Counter, { id }: Asked): Answered {
  const found = state.profiles.get(id);
  if (!found) throw notFound();
  return { body: { data: profileOf(found) } };
}

const change = z.object({
  webhook_url: z.url().nullish(),
  webhook_api_version: z.enum(["1", "2"]).optional(),
});

function changeProfile({ state }: Counter, { id, body }: Asked): Answered {
  const found = state.profiles.get(id);
  if (!found) throw notFound();
  const read = change.safeParse(body);
  if (!read.success) throw invalid("/webhook_url");
  if (read.data.webhook_url !== undefined) found.webhookUrl = read.data.webhook_url;
  found.webhookVersion = read.data.webhook_api_version ?? found.webhookVersion;
  return { body: { data: profileOf(found) } };
}

/** By the last digit. */
const TYPES = ["mobile", "fixed line", "voip", "toll free", "fixed line or mobile", "premium rate"];

function lookUp(_: Counter, { id }: Asked): Answered {
  const phoneNumber = decodeURIComponent(id);
  if (!/^\+[1-9]\d{6,14}$/.test(phoneNumber))
    throw new Refusal(422, "10016", { title: "Phone number must be in +E.164 format" });
  const type = TYPES[Number(phoneNumber.at(-1))] ?? "mobile";
  const country = phoneNumber.startsWith("+1") ? "US" : "GB";
  const carrier = { name: "Sandbox Mobile", type, error_code: null, mobile_country_code: "310" };
  const data = { record_type: "number_lookup", country_code: country, phone_number: phoneNumber, carrier, fraud: null };
  return { body: { data } };
}
