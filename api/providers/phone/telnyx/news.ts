import { z } from "zod";
import type { CarrierNews, CarrierReply, Receipt } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { keepWish } from "../opt-outs.ts";
import { type Account, TELNYX } from "./account.ts";
import { cost, costOf } from "./money.ts";
import { isOptedOut } from "./refusals.ts";
import { isSigned } from "./signature.ts";
import { statusUrlOf } from "./texts.ts";

/** What Telnyx's statuses come to; of the others there is nothing to tell yet. */
const STATUSES: Readonly<Record<string, Receipt["status"]>> = {
  sent: "sent",
  // It left, and nobody says what became of it.
  delivery_unconfirmed: "sent",
  delivered: "delivered",
  read: "delivered",
  sending_failed: "undelivered",
  delivery_failed: "undelivered",
  expired: "undelivered",
};

const party = z.object({ phone_number: z.string(), status: z.string().nullish() });
const news = z.object({
  data: z.object({
    id: z.string().min(1).max(200),
    event_type: z.string(),
    occurred_at: z.coerce.date(),
    payload: z.object({
      id: z.string().min(1).max(200),
      direction: z.enum(["inbound", "outbound"]),
      messaging_profile_id: z.string().nullish(),
      from: party,
      to: z.array(party).min(1),
      text: z.string().nullish(),
      webhook_url: z.string().nullish(),
      cost,
      errors: z.array(z.object({ code: z.union([z.string(), z.number()]).transform(String) })).nullish(),
      autoresponse_type: z.string().nullish(),
    }),
  }),
});
type Told = z.infer<typeof news>["data"];
type Payload = Told["payload"];

/** Telnyx has something to tell. It is on record once this answers 200, however often it is told. */
export async function receive(account: Account, inbox: Inbox, told: CarrierNews): Promise<CarrierReply> {
  const { publicKey } = account.env;
  if (!isSigned(told, { publicKey, nowMs: account.clock.nowMs() })) return { status: 403 };
  const read = news.safeParse(jsonOf(told.body));
  // Telnyx has other news than of texts, and may have more one day: it is not to be told again.
  if (!read.success) return { status: 200 };
  const { data } = read.data;
  if (data.event_type === "message.received") await takeText(account, inbox, data);
  if (data.payload.direction === "outbound") await takeStatus(account, inbox, data);
  return { status: 200 };
}

/** Nothing is taken from the path that it came by: only the body is signed. */
async function takeStatus(account: Account, inbox: Inbox, { id, occurred_at: at, payload }: Told): Promise<void> {
  const [to] = payload.to as [Payload["to"][number]];
  const reference = referenceIn(account, payload.webhook_url ?? "");
  if (reference !== undefined) await claimName(account.db.pool, { carrier: TELNYX, carrierId: payload.id, reference });
  const status = Object.hasOwn(STATUSES, to.status ?? "") ? STATUSES[to.status ?? ""] : undefined;
  if (status)
    await inbox.keep({ newsId: id, at, kind: "receipt", status, carrierId: payload.id, ...costOf(payload.cost) });
  const codes = (payload.errors ?? []).map(({ code }) => code);
  const pair = { line: lineOf(account, payload, payload.from.phone_number), other: to.phone_number };
  if (isOptedOut(codes)) await keep(account, pair, { isOut: true, at });
}

/** Our reference, if the URL is one that we gave. */
function referenceIn(account: Account, url: string): string | undefined {
  const reference = url.slice(statusUrlOf(account, "").length);
  const isReference = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(reference);
  return isReference && url === statusUrlOf(account, reference) ? reference : undefined;
}

async function takeText(account: Account, inbox: Inbox, { occurred_at: at, payload }: Told): Promise<void> {
  const [{ phone_number: to }] = payload.to as [Payload["to"][number]];
  const { id: carrierId, text, autoresponse_type: wish } = payload;
  const from = payload.from.phone_number;
  const line = lineOf(account, payload, to);
  // The message's own id: a failover may tell the same text as another event.
  await inbox.keep({ newsId: carrierId, at, kind: "inbound", carrierId, line, from, to, text: text ?? "" });
  if (wish === "STOP" || wish === "START") await keep(account, { line, other: from }, { isOut: wish === "STOP", at });
}

/** Telnyx acts by words of its own, which may be others than ours. */
const keep = ({ db }: Account, ...[pair, wish]: [Parameters<typeof keepWish>[1], Parameters<typeof keepWish>[2]]) =>
  db.transaction((client) => keepWish(client, pair, wish));

/** The number of ours; undefined, when it is the pool's. */
function lineOf({ env: { pool } }: Account, { messaging_profile_id: profileId }: Payload, number: string) {
  if ("from" in pool) return number === pool.from ? undefined : number;
  return profileId === pool.profileId ? undefined : number;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
