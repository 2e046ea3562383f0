import { z } from "zod";
import type { CarrierNews, CarrierReply } from "../../phone.ts";
import type { Inbox } from "../inbox.ts";
import { type Account, TELNYX } from "./account.ts";
import { isSigned } from "./signature.ts";
import { message, takeStatus, takeText } from "./take.ts";

const shape = z.object({
  data: z.object({ event_type: z.string(), occurred_at: z.coerce.date(), payload: message }),
});

/**
 * Telnyx has something to tell. It is on record once this answers 200, however often it is told. Nothing is taken from
 * the path that it came by: only the body is signed.
 */
export async function receive(account: Account, inbox: Inbox, news: CarrierNews): Promise<CarrierReply> {
  const { publicKey } = account.env;
  if (!isSigned(news, { publicKey, nowMs: account.clock.nowMs() })) return { status: 403 };
  const read = shape.safeParse(jsonOf(news.body));
  if (!read.success) {
    // Telnyx has other news than of texts, and may have more one day: telling it again would not help.
    account.log.warn({ carrier: TELNYX }, "news of the carrier is of no known kind");
    return { status: 200 };
  }
  const { event_type: type, occurred_at: at, payload } = read.data.data;
  if (type === "message.received") await takeText(account, inbox, { ...payload, at });
  else if (payload.direction === "outbound") await takeStatus(account, inbox, { ...payload, at });
  return { status: 200 };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
