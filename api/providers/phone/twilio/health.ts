import type { CarrierHealth } from "../../phone.ts";
import { type Account, newsUrl, pathOf } from "./account.ts";
import type { Json, Told } from "./line.ts";
import { paidMicroUsd } from "./prices.ts";

/** Below this it is time to top up, 1e-6 USD. */
const LOW_MICRO_USD = 5_000_000n;

export async function health(account: Account): Promise<CarrierHealth> {
  const [owner, balance, sender, lines] = await Promise.all([
    ownerOf(account),
    balanceOf(account),
    senderOf(account),
    linesOf(account),
  ]);
  return {
    problems: [...owner.problems, ...urlProblems(account), ...sender, ...lines, ...balance.problems],
    balanceMicroUsd: balance.microUsd,
    facts: {
      account: account.env.accountSid,
      ...owner.facts,
      sender:
        "from" in account.env.sender ? account.env.sender.from : `service ${account.env.sender.messagingServiceSid}`,
      inbound_url: newsUrl(account, "inbound"),
      status_url: newsUrl(account, "status/<reference>"),
    },
  };
}

const ok = (told: Told): Json | undefined => (told.kind === "answer" && told.status < 300 ? told.json : undefined);

async function ownerOf(account: Account): Promise<{ problems: string[]; facts: Record<string, string> }> {
  const path = `/2010-04-01/Accounts/${account.env.accountSid}.json`;
  const told = await account.line.ask({ what: "account", path });
  if (told.kind !== "answer" || told.status >= 500)
    return { problems: ["Twilio gives no answer: see whether this machine reaches it."], facts: {} };
  if (told.status >= 400)
    return { problems: ["Twilio refuses the account: look at TWILIO_ACCOUNT_SID and its token or key."], facts: {} };
  const { status, type } = told.json;
  const problems = status === "active" ? [] : [`The account is ${status}: ask Twilio to open it again.`];
  if (type === "Trial") problems.push("The account is on trial: it reaches verified numbers only. Upgrade it.");
  return { problems, facts: { account_status: String(status), account_type: String(type) } };
}

async function balanceOf(account: Account): Promise<{ problems: string[]; microUsd: bigint | undefined }> {
  const json = ok(await account.line.ask({ what: "balance", path: pathOf(account, "/Balance.json") }));
  const amount = json && paidMicroUsd({ price: json.balance, price_unit: json.currency });
  if (amount === undefined) return { problems: [], microUsd: undefined };
  const microUsd = String(json.balance).startsWith("-") ? -amount : amount;
  return { problems: microUsd < LOW_MICRO_USD ? ["The balance is low: top it up at Twilio."] : [], microUsd };
}

function urlProblems({ publicUrl }: Account): string[] {
  const { protocol, hostname } = new URL(publicUrl);
  const isLocal = /^(localhost|127\.|10\.|192\.168\.|\[)/.test(hostname) || !hostname.includes(".");
  if (isLocal) return ["PUBLIC_URL is of this machine alone: Twilio can not tell us of receipts and messages."];
  return protocol === "https:" ? [] : ["PUBLIC_URL is not https: receipts and messages come in the open."];
}

function senderOf(account: Account): Promise<string[]> {
  const { sender } = account.env;
  return "from" in sender
    ? poolProblems(account, sender.from)
    : serviceProblems(account, { sid: sender.messagingServiceSid, variable: "TWILIO_MESSAGING_SERVICE_SID" });
}

async function linesOf(account: Account): Promise<string[]> {
  const { lineServiceSid: sid } = account.env;
  return sid === undefined ? [] : serviceProblems(account, { sid, variable: "TWILIO_LINE_SERVICE_SID" });
}

async function poolProblems(account: Account, from: string): Promise<string[]> {
  const path = pathOf(account, "/IncomingPhoneNumbers.json");
  const json = ok(await account.line.ask({ what: "sender", path, query: { PhoneNumber: from } }));
  if (!json) return [];
  const held: Json = json.incoming_phone_numbers?.find((one: Json) => one.phone_number === from);
  if (!held) return ["TWILIO_FROM is no number of the account."];
  const problems = held.capabilities?.sms === false ? ["TWILIO_FROM can not send texts."] : [];
  if (held.sms_url !== newsUrl(account, "inbound"))
    problems.push(`TWILIO_FROM's messages do not come here: set its webhook to ${newsUrl(account, "inbound")}.`);
  return problems;
}

type Service = { sid: string; variable: string };

async function serviceProblems(account: Account, { sid, variable }: Service): Promise<string[]> {
  const told = await account.line.ask({ what: "service", host: "messaging", path: `/v1/Services/${sid}` });
  if (told.kind === "answer" && told.status === 404) return [`${variable} is no messaging service of the account.`];
  const json = ok(told);
  if (!json) return [];
  const comesHere = json.use_inbound_webhook_on_number || json.inbound_request_url === newsUrl(account, "inbound");
  return comesHere
    ? []
    : [`The messages of ${variable} do not come here: set its inbound URL to ${newsUrl(account, "inbound")}.`];
}
