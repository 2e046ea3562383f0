import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { FIELD_SCHEMAS, messageText, phoneNumber, readFields } from "../../providers/phone/fields.ts";
import { publicMessage } from "../../providers/phone/messages.ts";
import type { OnceDeps } from "../../providers/phone/once.ts";
import { isOptedOut } from "../../providers/phone/opt-outs.ts";
import { assertAllowed } from "../../providers/phone/rules/judge.ts";
import { byCountry, textTerms } from "../../providers/phone/rules/terms.ts";
import { sendText } from "../../providers/phone/send.ts";
import { type JsonObject, NotYet, type Order, orNotYet, type Sale } from "../../sale.ts";

/** One text from the carrier's pool. */
export function smsSale(deps: OnceDeps): Sale {
  return {
    id: "sms.send",
    method: "POST",
    path: "/api/v1/sms/send",
    ...textTerms(deps),
    description: `Send a one-off SMS from a pool number. No phone number purchase required.${byCountry(deps.rules?.variesBy.texts)}`,
    docs: DOCS,
    prepare: async ({ body }, { payer }) => {
      const { to, message: text } = readFields(shape, body);
      await assertAllowed(deps, { what: "text", to, payer });
      if (await isOptedOut(deps.db.pool, { line: undefined, other: to })) throw new ApiError("recipient_opted_out");
      return { to, text };
    },
    fulfil: (order) => orNotYet(() => send(deps, order)),
  };
}

const shape = z.object({ to: phoneNumber, message: messageText });

async function send(deps: OnceDeps, { id, input, payer: address, chainId }: Order): Promise<JsonObject> {
  const { to, text } = input as { to: string; text: string };
  const { message, outcome } = await sendText(deps, { reference: id, line: undefined, to, text }, { address, chainId });
  if (outcome.kind === "unknown") throw new NotYet(outcome.retryAfterSec);
  if (outcome.kind === "refused") throw new ApiError("provider_failed", { details: { reason: outcome.reason } });
  return publicMessage(message);
}

const DOCS: Sale["docs"] = {
  summary: "Send SMS (A La Carte)",
  inputSchema: {
    type: "object",
    properties: { to: FIELD_SCHEMAS.phoneNumber, message: FIELD_SCHEMAS.message },
    required: ["to", "message"],
  },
  exampleInput: { to: "+1234567890", message: "Hello!" },
  exampleOutput: {
    success: true,
    messageId: "msg-3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11",
    to: "+1234567890",
    segments: 1,
  },
};
