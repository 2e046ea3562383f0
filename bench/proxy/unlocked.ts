import { mask, quote, send, unlocked } from "../../test/flow/agent.ts";
import { MERCHANT } from "../../test/indexer/chain.ts";
import { type BenchShop, startBenchShop } from "../shop.ts";
import type { Contender } from "./contenders.ts";
import type { Size } from "./nginx.ts";

const VALID_FOR_SEC = 24 * 3600;

/** The real API over the real index, with sessions that were paid for on chain: raw mode, and the seed's envelope. */
export async function startUnlocked(origin: string, stops: (() => Promise<void>)[]): Promise<Contender[]> {
  const shop = await startBenchShop([origin]);
  stops.push(shop.stop);
  const raw = await buy(shop, `http://${origin}/`);
  const whole = await buy(shop, `http://${origin}/1k`);
  // What was granted is served without them, and on two cores they would be measured along.
  await shop.indexer.stop();
  await shop.chain.stop();
  return [
    { name: "turnpike", pid: shop.apiPid, urlOf: (size) => `${raw.url}/${size}`, headers: raw.headers },
    { name: "turnpike envelope", pid: shop.apiPid, urlOf: envelopeOf(whole.url), headers: whole.headers },
  ];
}

/** The envelope holds the whole answer, so it is measured at the small size only. */
const envelopeOf = (url: string) => (size: Size) => (size === "1k" ? url : undefined);

async function buy({ origin, chain }: BenchShop, apiUrl: string): Promise<{ url: string; headers: string[] }> {
  const listing = { api_url: apiUrl, merchant: MERCHANT, validForSec: VALID_FOR_SEC };
  const url = await mask(origin, { ...listing, headers: { Authorization: "Bearer merchant" } });
  const { session_id, calls } = await quote(url);
  if (!calls.native) throw new Error("the quote has no native call");
  await send(chain, calls.native);
  // The origin has nothing at "/", so the status is the upstream's; what matters is that it is no 402.
  const { status } = await unlocked(url, session_id);
  if (status === 402) throw new Error("the payment did not unlock");
  return { url, headers: [`X-402-Session: ${session_id}`] };
}
