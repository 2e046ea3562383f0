import { setTimeout as pause } from "node:timers/promises";
import type { Desk, Reply } from "./desk.ts";
import type { Receipts } from "./faults.ts";
import { TEXT_MICRO_USD } from "./shelves.ts";
import { type Message, newSid } from "./state.ts";

type Step = { status: string; errorCode?: number };

const SENT: Step = { status: "sent" };
const DELIVERED: Step = { status: "delivered" };

const STEPS: Readonly<Record<Receipts, readonly Step[]>> = {
  usual: [SENT, DELIVERED],
  bad_signature: [SENT, DELIVERED],
  early: [SENT, DELIVERED],
  twice: [SENT, SENT, DELIVERED, DELIVERED],
  reversed: [DELIVERED, SENT],
  never: [],
  undelivered: [SENT, { status: "undelivered", errorCode: 30003 }],
  failed: [{ status: "failed", errorCode: 30034 }],
  opted_out: [{ status: "failed", errorCode: 21610 }],
};

/** What is told of a text, before or after the answer to who sent it; some texts are answered. */
export function deliver(desk: Desk, message: Message): Pick<Reply, "before" | "after"> {
  const plan = desk.faults.takePlan();
  const told = () => tellAll(desk, message, plan);
  if (plan === "early") return { before: told };
  return { after: () => desk.courier.go(told) };
}

async function tellAll(desk: Desk, message: Message, plan: Receipts): Promise<void> {
  // What carried it is known, from which of a service's numbers, too.
  message.from ??= poolOf(desk, message);
  message.sentAtMs = desk.clock.nowMs();
  message.priceMicroUsd = message.segments * TEXT_MICRO_USD;
  const last = plan === "reversed" ? DELIVERED : (STEPS[plan].at(-1) ?? DELIVERED);
  message.status = last.status;
  message.errorCode = last.errorCode ?? null;
  desk.save();
  for (const [at, step] of STEPS[plan].entries()) {
    if (plan !== "early") await pause(desk.receiptsAfterMs[at === 0 ? 0 : 1], undefined, { ref: false });
    await tellStatus(desk, message, { step, isForged: plan === "bad_signature" });
  }
  const [, reply] = /^Reply (.+)$/s.exec(message.body) ?? [];
  if (reply && message.from !== null) await receive(desk, { from: message.to, to: message.from, body: reply });
}

const poolOf = ({ state }: Desk, { serviceSid }: Message): string | null =>
  state.numbers.find((number) => number.serviceSid === serviceSid)?.phoneNumber ?? null;

type Told = { step: Step; isForged: boolean };

async function tellStatus({ courier, login }: Desk, message: Message, { step, isForged }: Told): Promise<void> {
  const { sid, from, to, serviceSid, statusCallback } = message;
  if (statusCallback === null) return;
  const fields = {
    AccountSid: login.accountSid,
    ApiVersion: "2010-04-01",
    MessageSid: sid,
    SmsSid: sid,
    MessageStatus: step.status,
    SmsStatus: step.status,
    To: to,
    ...(from !== null && { From: from }),
    ...(serviceSid !== null && { MessagingServiceSid: serviceSid }),
    ...(step.errorCode !== undefined && { ErrorCode: String(step.errorCode) }),
  };
  await courier.push({ url: statusCallback, fields, authToken: isForged ? "somebody else's" : login.authToken });
}

export type Inbound = { from: string; to: string; body: string };

const STOP = /^\s*(stop|unsubscribe|cancel|end|quit)\s*$/i;
const START = /^\s*(start|unstop|yes)\s*$/i;

/** Somebody outside sends a text to a number of the account. The status that came back, 0 for none. */
export async function receive(desk: Desk, { from, to, body }: Inbound): Promise<number> {
  const { state, login } = desk;
  const number = state.numbers.find(({ phoneNumber }) => phoneNumber === to);
  if (!number) throw new Error(`${to} is no number of the account`);
  const service = state.services.find(({ sid }) => sid === number.serviceSid);
  const now = desk.clock.nowMs();
  const message: Message = {
    ...{ sid: newSid("SM"), direction: "inbound", from, to, body, serviceSid: service?.sid ?? null, segments: 1 },
    ...{ status: "received", errorCode: null, statusCallback: null, priceMicroUsd: null },
    ...{ createdAtMs: now, sentAtMs: now },
  };
  state.messages.push(message);
  const pair = `${service?.sid ?? to} ${from}`;
  if (STOP.test(body)) state.optedOut.push(pair);
  if (START.test(body)) state.optedOut = state.optedOut.filter((one) => one !== pair);
  desk.save();
  const url = service && !service.usesNumbersUrl ? service.inboundUrl : number.smsUrl;
  if (!url) return 0;
  const fields = {
    ToCountry: "US",
    ToState: "",
    SmsMessageSid: message.sid,
    NumMedia: "0",
    SmsSid: message.sid,
    SmsStatus: "received",
    ...(service && { MessagingServiceSid: service.sid }),
    ...{ Body: body, To: to, NumSegments: "1", MessageSid: message.sid, AccountSid: login.accountSid, From: from },
    ApiVersion: "2010-04-01",
  };
  return desk.courier.push({ url, fields, authToken: login.authToken });
}
