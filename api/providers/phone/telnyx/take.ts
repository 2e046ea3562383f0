import { z } from "zod";
import type { Receipt } from "../../phone.ts";
import { claimName } from "../carrier-names.ts";
import type { Inbox } from "../inbox.ts";
import { keepWish } from "../opt-outs.ts";
import { type Account, TELNYX } from "./account.ts";
import { cost, costOf } from "./money.ts";
import { isOptedOut } from "./refusals.ts";
import { referenceIn } from "./texts.ts";

const named = z.object({ phone_number: z.string(), status: z.string().nullish() });
/** Telnyx names some by their number alone. */
const party = z.union([named, z.string().transform((phone_number): z.infer<typeof named> => ({ phone_number }))]);

/** A message, whether Telnyx pushes it or is asked for it. */
export const message = z.object({
  id: z.string().min(1).max(200),
  direction: z.enum(["inbound", "outbound"]),
  messaging_profile_id: z.string().nullish(),
  from: party,
  to: z.union([z.array(party).min(1), party.transform((one) => [one])]),
  text: z.string().nullish(),
  webhook_url: z.string().nullish(),
  received_at: z.coerce.date().nullish(),
  cost,
  errors: z.array(z.object({ code: z.union([z.string(), z.number()]).transform(String) })).nullish(),
  autoresponse_type: z.string().nullish(),
});
export type Message = z.infer<typeof message>;

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

type Became = { carrierId: string; status: string; at: Date; costMicroUsd?: bigint };

/** The same news, whoever tells it. */
export async function keepStatus(inbox: Inbox, { carrierId, status: told, ...rest }: Became): Promise<void> {
  const status = Object.hasOwn(STATUSES, told) ? STATUSES[told] : undefined;
  if (status) await inbox.keep({ newsId: `${carrierId} ${told}`, kind: "receipt", status, carrierId, ...rest });
}

/** What became of a text that left. */
export async function takeStatus(account: Account, inbox: Inbox, told: Message & { at: Date }): Promise<void> {
  const { id: carrierId, at } = told;
  const [to] = told.to as [Message["to"][number]];
  const reference = referenceIn(told.webhook_url ?? "");
  if (reference !== undefined) await claimName(account.db.pool, { carrier: TELNYX, carrierId, reference });
  await keepStatus(inbox, { carrierId, status: to.status ?? "", at, ...costOf(told.cost) });
  const codes = (told.errors ?? []).map(({ code }) => code);
  const pair = { line: lineOf(account, told, told.from.phone_number), other: to.phone_number };
  if (isOptedOut(codes)) await keep(account, pair, { isOut: true, at });
}

/** A text from outside. */
export async function takeText(account: Account, inbox: Inbox, told: Message & { at: Date }): Promise<void> {
  const [{ phone_number: to }] = told.to as [Message["to"][number]];
  const { id: carrierId, at, text, autoresponse_type: wish } = told;
  const from = told.from.phone_number;
  const line = lineOf(account, told, to);
  // The message's own id: a failover may tell the same text as another event.
  await inbox.keep({ newsId: carrierId, at, kind: "inbound", carrierId, line, from, to, text: text ?? "" });
  if (wish === "STOP" || wish === "START") await keep(account, { line, other: from }, { isOut: wish === "STOP", at });
}

/** Telnyx acts by words of its own, which may be others than ours. */
const keep = ({ db }: Account, ...[pair, wish]: [Parameters<typeof keepWish>[1], Parameters<typeof keepWish>[2]]) =>
  db.transaction((client) => keepWish(client, pair, wish));

/** The number of ours; undefined, when it is the pool's. */
function lineOf({ env: { pool } }: Account, { messaging_profile_id: profileId }: Message, number: string) {
  if ("from" in pool) return number === pool.from ? undefined : number;
  return profileId === pool.profileId ? undefined : number;
}
