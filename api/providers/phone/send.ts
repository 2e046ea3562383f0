import type pg from "pg";
import type { Holder } from "../../ledger.ts";
import type { Accepted, Text } from "../phone.ts";
import { type Message, noteMessage, settleMessage } from "./messages.ts";
import { type OnceDeps, type Outcome, once } from "./once.ts";
import { isOptedOut } from "./opt-outs.ts";
import { admissionOf, againstRules, uncount } from "./rules/judge.ts";

/**
 * Puts a text on record and sends it, at most once per reference. `buyer` is told when one without a line has arrived.
 * `kept` goes on record instead of words that nobody may read there; as long, and the words the same at every call.
 */
export async function sendText(
  deps: OnceDeps,
  { kept, ...text }: Text & { kept?: string },
  buyer: Holder,
): Promise<{ message: Message; outcome: Outcome<Accepted> }> {
  const noted = { ...text, text: kept ?? text.text, leaseId: undefined, buyer };
  const message = await noteMessage(deps.db.pool, noted, new Date(deps.clock.nowMs()));
  return { message, outcome: await sendNoted(deps, kept === undefined ? message : { ...message, text: text.text }) };
}

/**
 * Sends a text that is on record, at most once, if the operator's rules allow it now. `onRefused` runs when it turns out
 * that it will never be sent, in the transaction that writes that down.
 */
export async function sendNoted(
  deps: OnceDeps,
  message: Message,
  onRefused: (client: pg.ClientBase) => Promise<unknown> = async () => {},
): Promise<Outcome<Accepted>> {
  const { reference, line, to, text } = message;
  const order = { reference, line, to, text };
  const ruled = { what: "text", to, payer: message.buyer?.address } as const;
  const outcome = await once<Accepted>(deps, {
    reference,
    what: "text",
    admission: admissionOf(deps, ruled),
    // Who wrote STOP after the payment gets nothing either.
    act: async () =>
      (await isOptedOut(deps.db.pool, { line, other: to }))
        ? { kind: "refused", reason: "opted_out" }
        : (againstRules(deps, ruled) ?? deps.phone.sendMessage(order)),
    find: (triedAt) => deps.phone.findMessage(order, triedAt),
  });
  const now = new Date(deps.clock.nowMs());
  if (outcome.kind === "accepted") await settleMessage(deps.db.pool, reference, { status: "sent", now });
  if (outcome.kind === "refused")
    await deps.db.transaction(async (client) => {
      if (!(await settleMessage(client, reference, { status: "failed", now }))) return;
      await uncount(deps, client, { ...ruled, reference });
      await onRefused(client);
    });
  return outcome;
}
