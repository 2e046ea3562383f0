import { z } from "zod";
import type { CarrierHealth } from "../../phone.ts";
import { type Account, ask } from "./account.ts";
import { heldNumber } from "./held.ts";
import { costOf } from "./money.ts";
import { inboundUrlOf, type Profile, profileOf } from "./profile.ts";

const balanceShape = z.object({ data: z.object({ balance: z.string(), currency: z.string() }) });

type Seen = { problems?: string[]; facts?: Record<string, string>; balanceMicroUsd?: bigint | undefined };

/** What keeps the account from working, as far as asking it tells. */
export async function health(account: Account): Promise<CarrierHealth> {
  const all = await Promise.all([balance(account), lines(account), pool(account), webhooks(account)]);
  return {
    problems: all.flatMap(({ problems = [] }) => problems),
    balanceMicroUsd: all.map(({ balanceMicroUsd }) => balanceMicroUsd).find((told) => told !== undefined),
    facts: Object.assign({}, ...all.map(({ facts }) => facts)),
  };
}

async function balance(account: Account): Promise<Seen> {
  const reply = await ask(account, { what: "balance", path: "/balance" }, balanceShape);
  if (reply.kind === "refused") return { problems: ["Telnyx refuses TELNYX_API_KEY: make a new one in its portal."] };
  if (reply.kind !== "data") return { problems: ["Telnyx gives no answer: is TELNYX_URL right, and reachable?"] };
  const { balance: amount, currency } = reply.data.data;
  // An account that pays later may owe.
  const { costMicroUsd } = costOf({ amount: amount.replace(/^-/, ""), currency });
  const balanceMicroUsd = amount.startsWith("-") && costMicroUsd !== undefined ? -costMicroUsd : costMicroUsd;
  const isEmpty = balanceMicroUsd !== undefined && balanceMicroUsd <= 0n;
  const problems = isEmpty ? ["The balance at Telnyx is empty: nothing is sent or bought."] : [];
  return { balanceMicroUsd, facts: { account: "reached" }, problems };
}

async function lines(account: Account): Promise<Seen> {
  const reply = await profileOf(account, account.env.profileId);
  if (reply.kind !== "data") return { problems: ["There is no messaging profile TELNYX_MESSAGING_PROFILE_ID."] };
  const { name, enabled, webhook_url: tells } = reply.data;
  const isOff = enabled === false ? ["The messaging profile TELNYX_MESSAGING_PROFILE_ID is switched off."] : [];
  return {
    facts: { profile: name ?? "", inbound_webhook: tells ? "set" : "set at the first purchase" },
    problems: [...isOff, ...(tells ? deafness(account, "TELNYX_MESSAGING_PROFILE_ID", reply.data) : [])],
  };
}

/** What keeps us from hearing at once of texts that come to a profile; its records are read every five minutes only. */
function deafness(
  account: Account,
  of: string,
  { webhook_url: tells, webhook_api_version: version }: Profile,
): string[] {
  const wanted = inboundUrlOf(account);
  const isElsewhere = `Texts that come to ${of} are not told to us: set its messaging profile's webhook URL to ${wanted}.`;
  const isOld = `The webhook version of the messaging profile of ${of} must be 2.`;
  return [...(tells === wanted ? [] : [isElsewhere]), ...(version && version !== "2" ? [isOld] : [])];
}

async function pool(account: Account): Promise<Seen> {
  const { pool } = account.env;
  if ("profileId" in pool) {
    const reply = await profileOf(account, pool.profileId);
    if (reply.kind !== "data") return { problems: ["There is no messaging profile TELNYX_POOL_PROFILE_ID."] };
    return { facts: { sender: "number pool" }, problems: deafness(account, "TELNYX_POOL_PROFILE_ID", reply.data) };
  }
  const facts = { sender: pool.from };
  const held = await heldNumber(account, pool.from);
  if (held === "unknown") return { facts };
  if (held === undefined) return { facts, problems: ["The account holds no number TELNYX_FROM."] };
  if (held.profileId === undefined)
    return { facts, problems: ["The number TELNYX_FROM has no messaging profile: texts from it are refused."] };
  const reply = await profileOf(account, held.profileId);
  return { facts, problems: reply.kind === "data" ? deafness(account, "TELNYX_FROM", reply.data) : [] };
}

async function webhooks({ publicUrl }: Account): Promise<Seen> {
  const { protocol } = new URL(publicUrl);
  const problems = protocol === "https:" ? [] : ["PUBLIC_URL is not https: Telnyx's news would travel in the open."];
  return { problems, facts: { status_webhook: `${publicUrl}/api/v1/carrier/telnyx/status/…` } };
}
