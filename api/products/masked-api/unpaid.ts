import { isoOfSec } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import { RETRY_AFTER } from "../../limits.ts";
import type { Metrics } from "../../metrics.ts";
import type { Quotes } from "../../payments/session/quotes.ts";
import type { Standing } from "../../payments/session/sessions.ts";
import type { MaskedApi } from "./masked-api.ts";
import type { Reply } from "./reply.ts";

/** A session that unlocks nothing, or none at all. */
export type Unpaid = Exclude<Standing, { state: "unlocked" }>;

export type UnpaidDeps = { readonly quotes: Quotes; readonly metrics: Metrics };

/** What a 402 says. @throws ApiError not_found, api_paused where nothing is sold any more */
export function unpaidReply(deps: UnpaidDeps, api: MaskedApi, standing: Unpaid): Reply {
  // Pausing and deleting stop sales; who already has a quote may have paid it, and is not told that all is over.
  if (standing.state !== "pending") refuseUnlessOnSale(api);
  deps.metrics.quotes.add();
  if (standing.state === "pending") return pending(deps, standing);
  const fresh = deps.quotes.dataOf(deps.quotes.issue(api.terms[0]));
  if (standing.state === "unknown") return { body: `${REQUIRED}${fresh}}`, isAscii: true };
  return { body: `${EXPIRED}${fresh},"meta":${JSON.stringify(metaOf(standing))}}` };
}

export const noSuchApi = () => new ApiError("not_found", { message: "There is no API with this id." });

function refuseUnlessOnSale({ status, isClosed }: MaskedApi): void {
  if (isClosed) throw noSuchApi();
  if (status === "paused") throw new ApiError("api_paused");
}

function pending({ quotes }: UnpaidDeps, { quote, receivedWei }: Extract<Unpaid, { state: "pending" }>): Reply {
  const received = receivedWei > 0n ? `,"meta":{"received_wei":"${receivedWei}"}` : "";
  const body = `${PENDING}${quotes.dataOf(quote)}${received}}`;
  return { body, headers: ["Retry-After", String(RETRY_AFTER.pendingSec)], isAscii: true };
}

function metaOf({ sessionId, expiredAtSec }: Extract<Unpaid, { state: "expired" }>) {
  return { previous_session: `0x${sessionId}`, expired_at: isoOfSec(expiredAtSec) };
}

const answerHead = (code: string, message: string) => `{"code":"${code}","message":"${message}","data":`;
const REQUIRED = answerHead("payment_required", "Make one of the calls on chain, then ask again as next says.");
const PENDING = answerHead("payment_required", "No sufficient payment of this session was seen yet.");
const EXPIRED = answerHead("session_expired", "The session has expired. This is a fresh one to pay for.");
