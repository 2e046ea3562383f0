import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../../../clock.ts";
import type { Db } from "../../../db.ts";
import type { SmppEnv } from "../../../env/smpp.ts";
import { SMPP } from "../../../limits.ts";
import type { Absent, Accepted, CarrierHealth, PhoneProvider, Refused, Text, Unknown } from "../../phone.ts";
import { openInbox } from "../inbox.ts";
import { addressesOf } from "./addresses.ts";
import { buyLine, findLine, giveBack, isHeld, offerLines, stock } from "./lines.ts";
import { type Link, openLink } from "./link.ts";
import { newsOf, takeDelivered } from "./news.ts";
import { readNumbers } from "./numbers-file.ts";
import { outcomeOf } from "./parts.ts";
import { partsOf, submitText } from "./submit.ts";
import { Window } from "./window.ts";

export type SmppDeps = { db: Db; clock: Clock; log: Logger };

/** What the database may take at both ends of a call. */
const SLACK_SEC = 15;
const ANSWERS_WITHIN_SEC = SMPP.setOffSec + SMPP.answerSec + SLACK_SEC;

/**
 * An SMSC, with which each process keeps one connection, and numbers that the operator rents there himself. SMPP has no
 * way to ask for a text by our reference. What has left and had no answer is therefore never sent again: its receipt
 * tells of it, or the payer is credited.
 */
export async function openSmppCarrier(deps: SmppDeps, env: SmppEnv): Promise<PhoneProvider> {
  const { db, clock, log } = deps;
  await offerLines(deps, env.numbersFile === undefined ? [] : await readNumbers(env.numbersFile));
  const inbox = openInbox(deps, "smpp");
  const { from: pool, receiptIds } = env;
  const news = { ...deps, inbox, pool, receiptIds, answersWithinSec: ANSWERS_WITHIN_SEC };
  const self = randomUUID();
  let before: Promise<unknown> = Promise.resolve();
  const link = openLink({ clock, log }, env, (pdu, connection) => {
    // One after the other: what somebody writes twice is told twice, and in its order.
    const taken = before.then(() => takeDelivered(news, pdu, `${self} ${connection} ${pdu.sequence}`));
    before = taken;
    return taken;
  });
  const submitting = { ...deps, link, window: new Window(clock, env.window), addresses: addressesOf(pool) };
  const mayBeOnItsWay = (triedAt: Date) => clock.nowMs() < triedAt.getTime() + ANSWERS_WITHIN_SEC * 1000;
  const final = <T extends { kind: string }>(found: T, triedAt: Date): T | Unknown =>
    found.kind === "absent" && mayBeOnItsWay(triedAt) ? { kind: "unknown" } : found;
  const send = async (text: Text): Promise<Accepted | Refused | Absent | Unknown> => {
    if (text.line !== undefined && !(await isHeld(db.pool, text.line)))
      return { kind: "refused", reason: "sender_refused" };
    return submitText(submitting, text);
  };
  return {
    name: "smpp",
    answersWithinSec: ANSWERS_WITHIN_SEC,
    stock: (country) => stock(deps, country),
    buyNumber: (order) => buyLine(deps, order),
    release: (number) => giveBack(deps, number),
    sendMessage: send,
    findPurchase: async (reference, triedAt) => final(await findLine(db.pool, reference), triedAt),
    findMessage: async (text, triedAt) => final(await outcomeOf(db.pool, text.reference, partsOf(text)), triedAt),
    events: () => newsOf(news),
    acknowledge: inbox.acknowledge,
    health: () => healthOf(deps, link),
    close: link.close,
  };
}

async function healthOf({ db }: SmppDeps, link: Link): Promise<CarrierHealth> {
  const problem = link.problem();
  const inDoubt = await db.pool
    .query<{ count: string }>("select count(*) from app.smpp_part where state = 'begun'")
    .then(({ rows }) => rows[0]?.count ?? "0")
    .catch(() => "unknown");
  return {
    problems: problem === undefined ? [] : [problem],
    balanceMicroUsd: undefined,
    facts: { bound: problem === undefined ? "yes" : "no", "texts without an answer": inDoubt },
  };
}
