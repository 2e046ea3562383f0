import { randomUUID } from "node:crypto";
import { z } from "zod";
import { microUsdOf } from "../../../api/providers/otp/usd.ts";
import { type Answered, type Asked, type Counter, type Desk, pageOf } from "./counter.ts";
import { invalid, notFound, Refusal } from "./refusal.ts";
import { deletedOf, listedOrderOf, numberOf, orderOf, partOf } from "./shapes.ts";
import { advanceOrders, type HeldNumber, type NumberOrder, numbersOf, type Shelf, type State } from "./state.ts";

export const NUMBER_DESKS: readonly Desk[] = [
  { place: "search", method: "GET", path: /^\/available_phone_numbers$/, serve: search },
  { place: "order", method: "POST", path: /^\/number_orders$/, serve: order },
  { place: "orders", method: "GET", path: /^\/number_orders$/, serve: orders },
  { place: "filling", method: "GET", path: /^\/number_orders\/([^/]+)$/, serve: oneOrder },
  { place: "cancel", method: "PATCH", path: /^\/sub_number_orders\/([^/]+)\/cancel$/, serve: cancel },
  { place: "held", method: "GET", path: /^\/phone_numbers$/, serve: heldNumbers },
  { place: "held", method: "GET", path: /^\/phone_numbers\/(\d+)$/, serve: heldNumber },
  { place: "configure", method: "PATCH", path: /^\/phone_numbers\/(\d+)$/, serve: configure },
  { place: "configure", method: "PATCH", path: /^\/phone_numbers\/(\d+)\/messaging$/, serve: configureTexts },
  { place: "release", method: "DELETE", path: /^\/phone_numbers\/(\d+)$/, serve: release },
];

const isFree = ({ held, gone, orders }: State, phoneNumber: string): boolean =>
  !held.has(phoneNumber) &&
  !gone.has(phoneNumber) &&
  !orders.some((one) => one.status === "pending" && one.phoneNumber === phoneNumber);

function search({ state }: Counter, { query }: Asked): Answered {
  const country = query.get("filter[country_code]");
  const most = Number(query.get("filter[limit]") ?? 100);
  const found = state.shelves
    .filter((shelf) => country === null || shelf.country === country)
    .flatMap((shelf) => numbersOf(shelf).map((phoneNumber) => ({ phoneNumber, shelf })))
    .filter(({ phoneNumber }) => isFree(state, phoneNumber));
  const shown = found.slice(0, most);
  for (const { phoneNumber, shelf } of shown) state.listed.set(phoneNumber, shelf);
  const meta = { total_results: found.length, best_effort_results: 0 };
  return { body: { data: shown.map(onSaleOf), meta, metadata: meta } };
}

const onSaleOf = ({ phoneNumber, shelf }: { phoneNumber: string; shelf: Shelf }) => ({
  record_type: "available_phone_number",
  phone_number: phoneNumber,
  vanity_format: "",
  best_effort: false,
  quickship: true,
  reservable: true,
  region_information: [{ region_type: "country_code", region_name: shelf.country }],
  cost_information: { upfront_cost: shelf.upfrontUsd, monthly_cost: shelf.monthlyUsd, currency: "USD" },
  features: [...(shelf.isVoiceOnly ? [] : [{ name: "sms" }]), { name: "voice" }],
});

const wanted = z.object({
  phone_numbers: z.array(z.object({ phone_number: z.string(), requirement_group_id: z.string().optional() })).length(1),
  messaging_profile_id: z.string().optional(),
  customer_reference: z.string().max(255).optional(),
});

function order({ state, faults }: Counter, { body }: Asked): Answered {
  const read = wanted.safeParse(body);
  if (!read.success) throw invalid("/phone_numbers");
  const { phone_numbers: numbers, messaging_profile_id: profileId = null, customer_reference } = read.data;
  const [{ phone_number: phoneNumber, requirement_group_id: papers }] = numbers as [(typeof numbers)[number]];
  if (profileId !== null && !state.profiles.has(profileId)) throw invalid("/messaging_profile_id");
  const planned = faults.nextOrder();
  if (planned === "gone") state.gone.add(phoneNumber);
  const shelf = state.listed.get(phoneNumber);
  if (!shelf || !isFree(state, phoneNumber))
    throw new Refusal(422, "85001", { title: "Number is not available", pointer: "/phone_numbers/0" });
  takeMoney(state, shelf);
  const placed: NumberOrder = {
    ...{ id: randomUUID(), partId: randomUUID(), phoneNumber, country: shelf.country, profileId },
    reference: customer_reference ?? null,
    status: "pending",
    isComplete: planned !== "papers" || papers !== undefined,
    at: new Date(state.clock.nowMs()),
    endsAtMs: planned === "never" ? undefined : state.clock.nowMs() + state.orderMs,
    isToFail: planned === "fails",
  };
  state.orders.unshift(placed);
  return { body: { data: orderOf(placed) } };
}

function takeMoney(state: State, { monthlyUsd, upfrontUsd }: Shelf): void {
  const price = [monthlyUsd, upfrontUsd].reduce((sum, usd) => sum + (microUsdOf(usd) ?? 0n), 0n);
  if (state.balanceMicroUsd < price) throw new Refusal(403, "20100", { title: "Insufficient Funds" });
  state.balanceMicroUsd -= price;
}

function orders({ state }: Counter, { query }: Asked): Answered {
  advanceOrders(state);
  const [reference, status] = ["customer_reference", "status"].map((name) => query.get(`filter[${name}]`));
  const found = state.orders
    .filter((one) => reference === null || one.reference === reference)
    .filter((one) => status === null || one.status === status);
  return { body: pageOf(found.map(listedOrderOf), query, 20) };
}

function oneOrder({ state }: Counter, { id }: Asked): Answered {
  advanceOrders(state);
  const found = state.orders.find((one) => one.id === id);
  if (!found) throw notFound();
  return { body: { data: orderOf(found) } };
}

function cancel({ state }: Counter, { id }: Asked): Answered {
  const found = state.orders.find((one) => one.partId === id);
  if (!found) throw notFound();
  if (found.status !== "pending") throw new Refusal(422, "10015", { title: "Order is over" });
  found.status = "failure";
  return { body: { data: partOf(found) } };
}

function heldNumbers({ state }: Counter, { query }: Asked): Answered {
  advanceOrders(state);
  const [phoneNumber, reference] = ["phone_number", "customer_reference"].map((name) => query.get(`filter[${name}]`));
  const found = [...state.held.values()]
    .filter((one) => phoneNumber === null || one.phoneNumber === phoneNumber)
    .filter((one) => reference === null || one.reference === reference);
  return { body: pageOf(found.map(numberOf), query, 20) };
}

function byId(state: State, id: string): HeldNumber {
  advanceOrders(state);
  const found = [...state.held.values()].find((one) => one.id === id);
  if (!found) throw notFound();
  return found;
}

function heldNumber({ state }: Counter, { id }: Asked): Answered {
  return { body: { data: numberOf(byId(state, id)) } };
}

const change = z.object({ customer_reference: z.string().max(255).optional() });

function configure({ state }: Counter, { id, body }: Asked): Answered {
  const found = byId(state, id);
  const read = change.safeParse(body);
  if (!read.success) throw invalid("/customer_reference");
  found.reference = read.data.customer_reference ?? found.reference;
  return { body: { data: numberOf(found) } };
}

function configureTexts({ state }: Counter, { id, body }: Asked): Answered {
  const found = byId(state, id);
  const read = z.object({ messaging_profile_id: z.string().optional() }).safeParse(body);
  const profileId = read.data?.messaging_profile_id;
  if (!read.success || (profileId && !state.profiles.has(profileId))) throw invalid("/messaging_profile_id");
  found.profileId = profileId === "" ? null : (profileId ?? found.profileId);
  const { phoneNumber, country, boughtAt } = found;
  const at = boughtAt.toISOString();
  return {
    body: {
      data: {
        ...{ record_type: "messaging_settings", id, phone_number: phoneNumber, country_code: country },
        ...{ messaging_profile_id: found.profileId, created_at: at, updated_at: at, type: "long-code" },
        ...{ eligible_messaging_products: ["P2P", "A2P"], messaging_product: "A2P", traffic_type: "A2P" },
        health: { message_count: 0, inbound_outbound_ratio: 0, success_ratio: 1, spam_ratio: 0 },
        features: { sms: { domestic_two_way: true, international_inbound: true, international_outbound: true } },
        ...{ organization_id: "b448f9cc-a842-4784-98e9-03c1a5872950", tags: [] },
      },
    },
  };
}

function release({ state }: Counter, { id }: Asked): Answered {
  const found = byId(state, id);
  state.held.delete(found.phoneNumber);
  state.gone.add(found.phoneNumber);
  return { body: { data: deletedOf(found) } };
}
