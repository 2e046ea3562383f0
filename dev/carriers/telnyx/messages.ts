import { randomUUID } from "node:crypto";
import { z } from "zod";
import { segmentsOf } from "../../../api/providers/phone/segments.ts";
import { type Answered, type Asked, type Counter, type Desk, pageOf } from "./counter.ts";
import { afterwards } from "./receipts.ts";
import { invalid, notFound, Refusal } from "./refusal.ts";
import { inboundRecordOf, receivedOf, recordOf, TEXT_MICRO_USD, textOf } from "./shapes.ts";
import type { Profile, State, Text } from "./state.ts";

export const MESSAGE_DESKS: readonly Desk[] = [
  { place: "text", method: "POST", path: /^\/messages$/, serve: send },
  { place: "message", method: "GET", path: /^\/messages\/([^/]+)$/, serve: message },
  { place: "records", method: "GET", path: /^\/detail_records$/, serve: records },
];

const E_164 = /^\+[1-9]\d{6,14}$/;
const wanted = z.object({
  from: z.string().optional(),
  messaging_profile_id: z.string().optional(),
  to: z.string(),
  text: z.string().min(1),
  webhook_url: z.url().max(2_000).optional(),
  use_profile_webhooks: z.boolean().default(true),
  type: z.enum(["SMS", "MMS"]).optional(),
  encoding: z.enum(["auto", "gsm7", "ucs2"]).default("auto"),
});

async function send(counter: Counter, { body }: Asked): Promise<Answered> {
  const { state, faults } = counter;
  const read = wanted.safeParse(body);
  if (!read.success) throw new Refusal(422, "10004", { title: "Missing required parameter", pointer: "/to" });
  const sender = senderOf(state, read.data);
  const { to, text, encoding: forced, webhook_url: own, use_profile_webhooks: isTold } = read.data;
  if (!E_164.test(to)) throw new Refusal(400, "40310", { title: "Invalid 'to' address", pointer: "/to" });
  if (state.stopped.has(`${sender.profile.id} ${to}`))
    throw new Refusal(403, "40300", { title: "Blocked due to STOP message" });
  const { encoding, segments } = segmentsOf(text);
  if (forced === "gsm7" && encoding !== "GSM-7") throw invalid("/text");
  takeMoney(state, segments);
  const accepted: Text = {
    ...{ id: randomUUID(), from: sender.phoneNumber, to, text, profileId: sender.profile.id, status: "queued" },
    webhookUrl: own ?? (isTold ? sender.profile.webhookUrl : null),
    ...{ parts: segments, encoding: forced === "ucs2" ? "UCS-2" : encoding },
    ...{ at: new Date(state.clock.nowMs()), sentAt: null, completedAt: null },
  };
  state.texts.unshift(accepted);
  const answer = textOf(accepted);
  return { body: { data: answer }, next: await afterwards(counter, accepted, faults.nextText()) };
}

type Sender = { phoneNumber: string; profile: Profile };

/** A number that the account holds and that texts may leave from; without one, any of a profile's pool. */
function senderOf(state: State, { from, messaging_profile_id: asked }: z.infer<typeof wanted>): Sender {
  const wrong = new Refusal(400, "40305", { title: "Invalid 'from' address", pointer: "/from" });
  const pool = asked === undefined ? undefined : state.profiles.get(asked);
  const number =
    from !== undefined
      ? state.held.get(from)
      : [...state.held.values()].find(({ profileId }) => pool?.isPool && profileId === pool.id);
  if (from === undefined && !number)
    throw new Refusal(400, "40321", { title: "No usable numbers on messaging profile" });
  const profile = number?.profileId ? state.profiles.get(number.profileId) : undefined;
  if (!number || !profile || (asked !== undefined && asked !== profile.id)) throw wrong;
  return { phoneNumber: number.phoneNumber, profile };
}

function takeMoney(state: State, parts: number): void {
  const price = TEXT_MICRO_USD * BigInt(parts);
  if (state.balanceMicroUsd < price) throw new Refusal(403, "20100", { title: "Insufficient Funds" });
  state.balanceMicroUsd -= price;
}

function message({ state }: Counter, { id }: Asked): Answered {
  const sent = state.texts.find((one) => one.id === id);
  if (sent) return { body: { data: textOf(sent) } };
  const received = state.received.find((one) => one.id === id);
  if (!received) throw notFound();
  return { body: { data: receivedOf(received) } };
}

function records({ state }: Counter, { query }: Asked): Answered {
  if (query.get("filter[record_type]") !== "messaging") throw invalid("/filter");
  const [to, from, direction] = ["cld", "cli", "direction"].map((name) => query.get(`filter[${name}]`));
  const since = Date.parse(query.get("filter[created_at][gte]") ?? "1970-01-01");
  const sent = state.texts.map((one) => ({ ...one, direction: "outbound", shown: recordOf(one, state) }));
  const received = state.received.map((one) => ({ ...one, direction: "inbound", shown: inboundRecordOf(one) }));
  const found = [...sent, ...received]
    .filter((one) => (to ?? one.to) === one.to && (from ?? one.from) === one.from)
    .filter((one) => (direction ?? one.direction) === one.direction && one.at.getTime() >= since)
    .sort((one, other) => other.at.getTime() - one.at.getTime());
  const shown = found.map((one) => one.shown);
  return { body: pageOf(shown, query, 20) };
}
