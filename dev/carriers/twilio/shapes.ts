import { shelfOf } from "./shelves.ts";
import type { HeldNumber, Message } from "./state.ts";

const BELOW = "/2010-04-01/Accounts";

export function messageShape(accountSid: string, message: Message) {
  const { sid, priceMicroUsd } = message;
  const uri = `${BELOW}/${accountSid}/Messages/${sid}.json`;
  return {
    sid,
    account_sid: accountSid,
    api_version: "2010-04-01",
    body: message.body,
    date_created: rfc2822(message.createdAtMs),
    date_sent: message.sentAtMs === null ? null : rfc2822(message.sentAtMs),
    date_updated: rfc2822(message.sentAtMs ?? message.createdAtMs),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: null,
    from: message.from,
    messaging_service_sid: message.serviceSid,
    num_media: "0",
    num_segments: String(message.segments),
    price: priceMicroUsd === null ? null : `-${(priceMicroUsd / 1e6).toFixed(5)}`,
    price_unit: "USD",
    status: message.status,
    to: message.to,
    uri,
    subresource_uris: { media: uri.replace(".json", "/Media.json") },
  };
}

const CAPABILITIES = { fax: false, mms: true, sms: true, voice: true };

export const numberShape = (accountSid: string, number: HeldNumber) => ({
  sid: number.sid,
  account_sid: accountSid,
  address_requirements: shelfOf(number.phoneNumber)?.address ?? "none",
  address_sid: number.addressSid,
  api_version: "2010-04-01",
  beta: false,
  bundle_sid: number.bundleSid,
  capabilities: CAPABILITIES,
  date_created: rfc2822(number.createdAtMs),
  date_updated: rfc2822(number.createdAtMs),
  emergency_address_sid: null,
  emergency_status: "Inactive",
  friendly_name: number.friendlyName,
  identity_sid: null,
  origin: "twilio",
  phone_number: number.phoneNumber,
  sms_application_sid: null,
  sms_fallback_method: "POST",
  sms_fallback_url: null,
  sms_method: "POST",
  sms_url: number.smsUrl,
  status: "in-use",
  status_callback: null,
  status_callback_method: "POST",
  trunk_sid: null,
  type: number.kind,
  uri: `${BELOW}/${accountSid}/IncomingPhoneNumbers/${number.sid}.json`,
  voice_application_sid: null,
  voice_caller_id_lookup: false,
  voice_fallback_method: "POST",
  voice_fallback_url: null,
  voice_method: "POST",
  voice_receive_mode: "voice",
  voice_url: null,
});

export const availableShape = (phoneNumber: string, country: string, address: string) => ({
  address_requirements: address,
  beta: false,
  capabilities: { fax: false, mms: true, sms: true, voice: true },
  friendly_name: phoneNumber,
  iso_country: country,
  lata: null,
  latitude: null,
  locality: null,
  longitude: null,
  phone_number: phoneNumber,
  postal_code: null,
  rate_center: null,
  region: null,
});

type Page = { name: string; path: string; query: URLSearchParams; all: readonly unknown[] };

/** One page of a list. Twilio's own addresses of pages are paths, though its specification has them as whole URLs. */
export function pageShape({ name, path, query, all }: Page) {
  const size = Math.min(1000, Math.max(1, Number(query.get("PageSize") ?? 50)));
  const page = Number(query.get("Page") ?? 0);
  const items = all.slice(page * size, (page + 1) * size);
  const hasMore = all.length > (page + 1) * size;
  const next = new URLSearchParams(query);
  next.set("PageSize", String(size));
  next.set("Page", String(page + 1));
  const start = page * size;
  return {
    [name]: items,
    page,
    page_size: size,
    start,
    end: Math.max(start, start + items.length - 1),
    next_page_uri: hasMore ? `${path}?${next}` : null,
    previous_page_uri: null,
  };
}

export const rfc2822 = (ms: number): string => new Date(ms).toUTCString().replace("GMT", "+0000");
