import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { callerWallet, hasIdentity } from "../../identity/caller-wallet.ts";
import { sameRequest } from "../../identity/idempotency-key.ts";
import type { SiweDeps } from "../../identity/siwe.ts";
import type { Holder } from "../../ledger.ts";
import { dollarsOf } from "../../prices.ts";
import { derivedUuid } from "../../providers/phone/derived-uuid.ts";
import { FIELD_SCHEMAS, messageText, phoneNumber, readFields } from "../../providers/phone/fields.ts";
import {
  COLUMNS,
  findMessage,
  type Message,
  messageOf,
  noteMessage,
  publicMessage,
  type Row,
} from "../../providers/phone/messages.ts";
import type { OnceDeps } from "../../providers/phone/once.ts";
import { isOptedOut } from "../../providers/phone/opt-outs.ts";
import { assertAllowed } from "../../providers/phone/rules/judge.ts";
import { byCountry, textTerms } from "../../providers/phone/rules/terms.ts";
import { sendNoted, sendText } from "../../providers/phone/send.ts";
import { type Call, type Covered, type JsonObject, NotYet, type Order, orNotYet, type Sale } from "../../sale.ts";
import { giveBackIncludedText, takeIncludedText, usableLease } from "./lease.ts";

export type LineSendDeps = OnceDeps & SiweDeps;

/** A text from one's own line: the lease's included texts first, then one payment each. */
export function lineSendSale(deps: LineSendDeps): Sale {
  const terms = textTerms(deps);
  const note = byCountry(deps.rules?.variesBy.texts);
  const describe = (priceMicroUsd: bigint) =>
    `Send an SMS from your own line. Included texts are used first; then each costs $${dollarsOf(priceMicroUsd)}.${note}`;
  return {
    ...terms,
    id: "numbers.mine.send",
    method: "POST",
    path: "/api/v1/numbers/mine/send",
    description: describe(terms.priceMicroUsd),
    describe,
    docs: DOCS,
    prepare: async (call, { payer }) => {
      const { line, to, text } = await readSend(deps, call);
      await assertAllowed(deps, { what: "text", to, payer });
      return { line, to, text };
    },
    covered: (call) => sendIncluded(deps, call),
    fulfil: (order) => orNotYet(() => sendPaid(deps, order)),
  };
}

const shape = z.object({ phoneNumber, to: phoneNumber, message: messageText });

type Send = { leaseId: string; holder: Holder; line: string; to: string; text: string };

/** Anybody may pay for the text, and only the line's holder may send it. */
async function readSend(deps: LineSendDeps, call: Call): Promise<Send> {
  const wallet = await callerWallet(deps, call);
  const { phoneNumber: line, to, message: text } = readFields(shape, call.body);
  const { leaseId, owner: address, chainId } = await usableLease(deps, wallet, line);
  if (await isOptedOut(deps.db.pool, { line, other: to })) throw new ApiError("recipient_opted_out");
  return { leaseId, holder: { address, chainId }, line, to, text };
}

/** The text is used up and on record in one: whatever happens then, the worker goes on, and it must not be asked for again. */
async function sendIncluded(deps: LineSendDeps, call: Call): Promise<Covered | undefined> {
  if (!hasIdentity(call)) return undefined;
  const send = await readSend(deps, call);
  const named = nameOf(send, call);
  const known = named && (await findMessage(deps.db.pool, named));
  if (known) return told(sameText(known, send));
  await assertAllowed(deps, { what: "text", to: send.to, payer: send.holder.address });
  const noted = await taken(deps, send, named);
  if (!noted) return undefined;
  const { message, isReplay } = noted;
  const outcome = await sendIncludedNoted(deps, message).catch((error: Error) => {
    deps.log.warn({ reference: message.reference, reason: error.message }, "a text is left to the worker");
    return { kind: "unknown" as const };
  });
  if (outcome.kind === "refused") throw refused(outcome.reason);
  return { answer: publicMessage(message), isReplay };
}

/** What came of a text that was asked for before. @throws ApiError provider_failed */
function told(message: Message): Covered {
  if (message.status === "failed") throw refused();
  return { answer: publicMessage(message), isReplay: true };
}

const refused = (reason?: string): ApiError =>
  new ApiError("provider_failed", {
    message: "The carrier refused this text. It does not count as one of the included texts.",
    ...(reason && { details: { reason } }),
  });

type Taken = { message: Message; isReplay: boolean };

/** Undefined when no included text is left. A copy of the request that was quicker has taken it for both. */
function taken({ db, clock }: LineSendDeps, send: Send, named: string | undefined): Promise<Taken | undefined> {
  const { leaseId, holder: buyer, line, to, text } = send;
  return db.transaction(async (client) => {
    // The lease's row is the lock: of two copies the second finds the message.
    const isLeft = await takeIncludedText(client, leaseId);
    const known = named && (await findMessage(client, named));
    if (known && isLeft) await giveBackIncludedText(client, leaseId);
    if (known) return { message: sameText(known, send), isReplay: true };
    if (!isLeft) return undefined;
    const noted = { reference: named ?? randomUUID(), line, to, text, leaseId, buyer };
    return { message: await noteMessage(client, noted, new Date(clock.nowMs())), isReplay: false };
  });
}

/** The caller's own name for the text makes its reference, so that it is one text however often he asks. */
function nameOf({ leaseId }: Send, { idempotencyKey }: Call): string | undefined {
  return idempotencyKey === undefined ? undefined : derivedUuid(`${leaseId} ${idempotencyKey}`);
}

/** @throws ApiError idempotency_conflict when the name was given to another text */
function sameText(message: Message, { to, text }: Send): Message {
  sameRequest({ fingerprint: `${message.to} ${message.text}` }, `${to} ${text}`);
  return message;
}

const sendIncludedNoted = (deps: LineSendDeps, message: Message) =>
  sendNoted(deps, message, (client) => giveBackIncludedText(client, String(message.leaseId)));

async function sendPaid(deps: LineSendDeps, { id, input, payer: address, chainId }: Order): Promise<JsonObject> {
  const { line, to, text } = input as { line: string; to: string; text: string };
  const { message, outcome } = await sendText(deps, { reference: id, line, to, text }, { address, chainId });
  if (outcome.kind === "unknown") throw new NotYet(outcome.retryAfterSec);
  if (outcome.kind === "refused") throw new ApiError("provider_failed", { details: { reason: outcome.reason } });
  return publicMessage(message);
}

/** One round of the worker: included texts whose sender gave up or died before the carrier answered. */
export async function finishIncludedTexts(deps: LineSendDeps): Promise<void> {
  const { rows } = await deps.db.pool.query<Row>(
    `select ${COLUMNS} from app.message
     where status = 'queued' and lease_id is not null order by created_at limit 100`,
  );
  for (const row of rows)
    await sendIncludedNoted(deps, messageOf(row)).catch((error: Error) =>
      deps.log.warn({ reference: row.reference, reason: error.message }, "a text is left to a later round"),
    );
}

const DOCS: Sale["docs"] = {
  summary: "Send SMS (Own Line)",
  inputSchema: {
    type: "object",
    properties: {
      phoneNumber: FIELD_SCHEMAS.phoneNumber,
      to: FIELD_SCHEMAS.phoneNumber,
      message: FIELD_SCHEMAS.message,
    },
    required: ["phoneNumber", "to", "message"],
  },
  exampleInput: { phoneNumber: "+12125551234", to: "+447700900123", message: "Hello from my number" },
  exampleOutput: {
    success: true,
    messageId: "msg-3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11",
    to: "+447700900123",
    segments: 1,
  },
  needsSignIn: true,
};
