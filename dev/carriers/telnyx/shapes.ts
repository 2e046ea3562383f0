import type Telnyx from "telnyx";
import type { HeldNumber, NumberOrder, Profile, Received, State, Text } from "./state.ts";

/** The carrier's things as Telnyx' API shows them, by the types of its own client. */
export const numberOf = ({
  id,
  phoneNumber,
  country,
  reference,
  profileId,
  boughtAt,
}: HeldNumber): Telnyx.NumbersPhoneNumberDetailed => ({
  id,
  record_type: "phone_number",
  phone_number: phoneNumber,
  country_iso_alpha2: country,
  status: "active",
  tags: [],
  external_pin: null,
  connection_name: null,
  connection_id: null,
  customer_reference: reference,
  messaging_profile_id: profileId,
  billing_group_id: null,
  emergency_enabled: false,
  emergency_address_id: null,
  call_forwarding_enabled: true,
  cnam_listing_enabled: false,
  caller_id_name_enabled: false,
  call_recording_enabled: false,
  t38_fax_gateway_enabled: false,
  purchased_at: boughtAt.toISOString(),
  created_at: boughtAt.toISOString(),
  updated_at: boughtAt.toISOString(),
  phone_number_type: "local",
  deletion_lock_enabled: false,
});

export const deletedOf = (number: HeldNumber) => ({
  id: number.id,
  record_type: "phone_number",
  phone_number: number.phoneNumber,
  status: "deleted",
  ...(number.reference !== null && { customer_reference: number.reference }),
});

const orderHead = (order: NumberOrder) => ({
  id: order.id,
  record_type: "number_order",
  phone_numbers_count: 1,
  ...(order.profileId !== null && { messaging_profile_id: order.profileId }),
  ...(order.reference !== null && { customer_reference: order.reference }),
  sub_number_orders_ids: [order.partId],
  status: order.status,
  created_at: order.at.toISOString(),
  updated_at: order.at.toISOString(),
  requirements_met: order.isComplete,
});

export const orderOf = (order: NumberOrder): Telnyx.NumberOrderWithPhoneNumbers => ({
  ...orderHead(order),
  phone_numbers: [
    {
      id: order.partId,
      record_type: "number_order_phone_number",
      phone_number: order.phoneNumber,
      country_iso_alpha2: order.country,
      country_code: order.country,
      phone_number_type: "local",
      regulatory_requirements: [],
      requirements_met: order.isComplete,
      requirements_status: order.isComplete ? "approved" : "requirement-info-pending",
      status: order.status,
    },
  ],
});

/** In a list the numbers are told in short. */
export const listedOrderOf = (order: NumberOrder): Telnyx.NumberOrderListResponse => ({
  ...orderHead(order),
  phone_numbers: [{ id: order.partId, phone_number: order.phoneNumber }],
});

export const partOf = (order: NumberOrder): Telnyx.SubNumberOrder => ({
  id: order.partId,
  record_type: "sub_number_order",
  country_code: order.country,
  phone_number_type: "local",
  phone_numbers_count: 1,
  regulatory_requirements: [],
  requirements_met: order.isComplete,
  status: order.status,
  created_at: order.at.toISOString(),
  updated_at: order.at.toISOString(),
  ...(order.reference !== null && { customer_reference: order.reference }),
});

const dollars = (amount: string) => ({ amount, currency: "USD" });
/** Per part. */
export const TEXT_MICRO_USD = 4_000n;

export const costOfText = ({ parts }: Pick<Text, "parts">): string =>
  ((Number(TEXT_MICRO_USD) * parts) / 1e6).toFixed(4);

export const textOf = (text: Text): Telnyx.OutboundMessagePayload => ({
  record_type: "message",
  direction: "outbound",
  id: text.id,
  type: "SMS",
  messaging_profile_id: text.profileId,
  organization_id: "b448f9cc-a842-4784-98e9-03c1a5872950",
  from: { phone_number: text.from, carrier: "Sandbox", line_type: "Wireless" },
  to: [{ phone_number: text.to, status: text.status, carrier: "Sandbox", line_type: "Wireless" }],
  cc: [],
  text: text.text,
  media: [],
  webhook_url: text.webhookUrl,
  webhook_failover_url: null,
  encoding: text.encoding,
  parts: text.parts,
  tags: [],
  cost: dollars(costOfText(text)),
  cost_breakdown: { carrier_fee: dollars("0.0000"), rate: dollars(costOfText(text)) },
  received_at: text.at.toISOString(),
  sent_at: text.sentAt?.toISOString() ?? null,
  completed_at: text.completedAt?.toISOString() ?? null,
  valid_until: null,
  errors:
    text.status === "delivery_failed" ? [{ code: "40008", title: "Undeliverable", detail: "Nobody took it." }] : [],
});

export const receivedOf = ({ id, from, to, text, profileId, at }: Received): Telnyx.MessagingInboundMessagePayload => ({
  ...{ record_type: "message", direction: "inbound", id, type: "SMS", messaging_profile_id: profileId },
  from: { phone_number: from, carrier: "Sandbox", line_type: "Wireless", status: "received" },
  to: [{ phone_number: to, carrier: "Telnyx", line_type: "Wireless", status: "webhook_delivered" }],
  ...{ cc: [], text, media: [], encoding: "GSM-7", parts: 1, tags: [], cost: null, errors: [] },
  ...(/^(stop|start)$/i.test(text.trim()) && { autoresponse_type: text.trim().toUpperCase() }),
  received_at: at.toISOString(),
});

export const inboundRecordOf = ({ id, from, to, profileId, at }: Received): Telnyx.DetailRecordListResponse => ({
  ...{ record_type: "message_detail_record", uuid: id, direction: "inbound", message_type: "SMS" },
  ...{ cld: to, cli: from, profile_id: profileId, status: "received", parts: 1, cost: "0.0000", currency: "USD" },
  ...{ created_at: at.toISOString(), updated_at: at.toISOString() },
});

const RECORDED = {
  delivered: "delivered",
  delivery_failed: "failed",
  delivery_unconfirmed: "dlr_unconfirmed",
} as const;

export const recordOf = (
  text: Text,
  { hasBareRecords }: Pick<State, "hasBareRecords">,
): Telnyx.DetailRecordListResponse => ({
  record_type: "message_detail_record",
  uuid: text.id,
  user_id: "b448f9cc-a842-4784-98e9-03c1a5872950",
  created_at: text.at.toISOString(),
  updated_at: (text.completedAt ?? text.at).toISOString(),
  carrier: "Sandbox",
  carrier_fee: "0.0000",
  cld: text.to,
  cli: text.from,
  country_code: "US",
  ...(!hasBareRecords && { delivery_status_webhook_url: text.webhookUrl ?? "" }),
  direction: "outbound",
  fteu: true,
  message_type: "SMS",
  on_net: false,
  profile_id: text.profileId,
  status: text.status in RECORDED ? RECORDED[text.status as keyof typeof RECORDED] : "dlr_unconfirmed",
  rate: costOfText(text),
  currency: "USD",
  cost: costOfText(text),
  parts: text.parts,
});

export const profileOf = ({ id, name, webhookUrl, webhookVersion, isPool }: Profile): Telnyx.MessagingProfile => ({
  record_type: "messaging_profile",
  id,
  name,
  enabled: true,
  webhook_url: webhookUrl,
  webhook_failover_url: null,
  webhook_api_version: webhookVersion,
  whitelisted_destinations: ["US", "GB", "FR"],
  number_pool_settings: isPool ? { toll_free_weight: 10, long_code_weight: 1, skip_unhealthy: true } : null,
  url_shortener_settings: null,
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
});
