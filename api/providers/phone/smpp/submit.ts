import type { Logger } from "pino";
import { SMPP } from "../../../limits.ts";
import type { Absent, Accepted, Refused, Text, Unknown } from "../../phone.ts";
import { type Addresses, plain } from "./addresses.ts";
import type { Link } from "./link.ts";
import {
  begin,
  isTaken,
  outcomeOf,
  type Part,
  type PartsDeps,
  partReference,
  refuse,
  take,
  takeBack,
} from "./parts.ts";
import { COMMAND, messageIdOf, type Pdu, type Submit, submitBody } from "./pdu.ts";
import { plainId } from "./receipt.ts";
import { NoAnswer, NotWritten, type Session } from "./session.ts";
import { shortMessages } from "./short-message.ts";
import { verdictOf } from "./status.ts";
import type { Window } from "./window.ts";

export type SubmitDeps = PartsDeps & { log: Logger; link: Link; window: Window; addresses: Addresses };
type Outcome = Accepted | Refused | Absent | Unknown;
type Step = { kind: "done" } | { kind: "again" };

/**
 * Sends what is missing of a text. No part is ever written twice: who has put it on record writes it, and it is taken
 * off the record only when it was not written, or the carrier has refused to take it on.
 */
export async function submitText(deps: SubmitDeps, text: Text): Promise<Outcome> {
  const submits = submitsOf(deps.addresses, text);
  const parts = submits.map((submit, i) => ({ submit, part: partOf(text.reference, submit, [i + 1, submits.length]) }));
  const over = new AbortController();
  const done = new AbortController();
  const late = deps.clock.sleep(SMPP.setOffSec * 1000, done.signal).then(() => over.abort());
  const send = (one: Sending) => sendPart(deps, one, over.signal);
  try {
    // What keeps the first from being taken on keeps all of them, and those cost.
    const [first, ...others] = parts;
    if (first) await send(first);
    if (first && others.length > 0 && (await isTaken(deps, first.part))) await Promise.all(others.map(send));
  } finally {
    done.abort();
    await late;
  }
  return outcomeOf(deps.db.pool, text.reference, parts.length);
}

export const partsOf = (text: Text): number => shortMessages(text.text, 0).length;

const submitsOf = (addresses: Addresses, { reference, line, to, text }: Text): Submit[] =>
  shortMessages(text, Number.parseInt(reference.slice(0, 2), 16)).map((body) => ({
    ...body,
    from: addresses.sender(line),
    to: addresses.number(to),
  }));

const partOf = (reference: string, { from, to }: Submit, [part, parts]: [part: number, parts: number]): Part => ({
  partReference: partReference(reference, part, parts),
  reference,
  part,
  sender: plain(from.address),
  recipient: plain(to.address),
});

type Sending = { submit: Submit; part: Part };

/** Until it has an answer, or nothing may set off any more. */
async function sendPart(deps: SubmitDeps, sending: Sending, over: AbortSignal): Promise<void> {
  for (;;) {
    const step = await deps.window.within(over, async (): Promise<Step> => {
      const session = await deps.link.bound(over);
      if (!session || over.aborted || !(await begin(deps, sending.part))) return { kind: "done" };
      return submitPart(deps, sending, session);
    });
    if (step?.kind !== "again") return;
  }
}

async function submitPart(deps: SubmitDeps, { submit, part }: Sending, session: Session): Promise<Step> {
  try {
    return await settle(deps, part, await session.ask(COMMAND.submitSm, submitBody(submit)));
  } catch (error) {
    if (error instanceof NotWritten) {
      await takeBack(deps, part);
      return { kind: "again" };
    }
    if (!(error instanceof NoAnswer)) throw error;
    const of = { reference: part.reference, part: part.part };
    deps.log.warn(of, "a text left, and whether it was taken on is unknown");
    const failed = ({ message: reason }: Error) => deps.log.warn({ ...of, reason }, "no answer came later either");
    error.late?.then((answer) => settle(deps, part, answer)).catch(failed);
    return { kind: "done" };
  }
}

/** Writes down what the answer says. Whatever it is, the part was taken on now or never. */
async function settle(deps: SubmitDeps, part: Part, answer: Pdu): Promise<Step> {
  const { log, window } = deps;
  const verdict = verdictOf(answer.status);
  switch (verdict.kind) {
    case "taken":
      window.answered();
      if (!(await take(deps, part.partReference, plainId(messageIdOf(answer.body)))))
        log.warn({ reference: part.reference }, "the carrier gave an id twice: no receipt will tell of this text");
      return { kind: "done" };
    case "wait":
      window.throttled();
      await takeBack(deps, part);
      return { kind: "again" };
    case "later":
      await takeBack(deps, part);
      return { kind: "done" };
    case "refused":
      await refuse(deps, part, verdict.reason);
      return { kind: "done" };
  }
}
