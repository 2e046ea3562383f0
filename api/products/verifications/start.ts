import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { VERIFICATION } from "../../limits.ts";
import { PRICES } from "../../prices.ts";
import { FIELD_SCHEMAS, phoneNumber, readFields } from "../../providers/phone/fields.ts";
import type { OnceDeps } from "../../providers/phone/once.ts";
import { isOptedOut } from "../../providers/phone/opt-outs.ts";
import { assertAllowed } from "../../providers/phone/rules/judge.ts";
import { textTerms } from "../../providers/phone/rules/terms.ts";
import { sendText } from "../../providers/phone/send.ts";
import { type JsonObject, NotYet, type Order, orNotYet, type Sale } from "../../sale.ts";
import {
  endVerification,
  noteVerification,
  sentVerification,
  type Verification,
  type VerificationDeps,
} from "./verification.ts";

export type StartDeps = OnceDeps & VerificationDeps;

/** Whether somebody has a phone number: a code of six digits goes there, and who knows it has it. */
export function startSale(deps: StartDeps): Sale {
  const { assertSold } = textTerms(deps);
  return {
    id: "verifications.start",
    method: "POST",
    path: "/api/v1/verifications/start",
    priceMicroUsd: PRICES.verificationMicroUsd,
    description: "Start a phone verification: texts a 6-digit code, for POST /api/v1/verifications/check.",
    docs: DOCS,
    ...(assertSold && { assertSold }),
    prepare: async ({ body }, { payer }) => {
      const { to } = readFields(shape, body);
      await assertAllowed(deps, { what: "text", to, payer });
      if (await isOptedOut(deps.db.pool, { line: undefined, other: to })) throw new ApiError("recipient_opted_out");
      return { to };
    },
    fulfil: (order) => orNotYet(() => start(deps, order)),
    // Payments can be read on chain; who may guess at the code shall not be told to all who do.
    secrets: ["verificationId"],
    revoke: ({ id }) => endVerification(deps, id),
  };
}

const shape = z.object({ to: phoneNumber, channel: z.literal("sms", 'must be "sms"').default("sms") });

async function start(deps: StartDeps, { id, input, payer: address, chainId }: Order): Promise<JsonObject> {
  const to = String(input.to);
  const noted = await noteVerification(deps, { orderId: id, to });
  // Its text can be neither looked up nor sent again: it is not known any more.
  if (!noted) throw failed("code_lost");
  const words = { text: textWith(noted.code), kept: textWith("*".repeat(VERIFICATION.digits)) };
  const text = { reference: id, line: undefined, to, ...words };
  const { message, outcome } = await sendText(deps, text, { address, chainId });
  if (outcome.kind === "unknown") throw new NotYet(outcome.retryAfterSec);
  if (outcome.kind === "refused") throw failed(outcome.reason);
  return answerOf(await sentVerification(deps, id), message);
}

const failed = (reason: string) => new ApiError("provider_failed", { details: { reason } });

/** One part over the air. */
const textWith = (code: string): string =>
  `Your verification code is ${code}. It is valid for ${VERIFICATION.validForSec / 60} minutes. Share it with nobody.`;

type Told = Pick<Verification, "verificationId" | "expiresAt">;

const answerOf = (
  { verificationId, expiresAt }: Told,
  { to, messageId }: { to: string; messageId: string },
): JsonObject => ({
  success: true,
  verificationId,
  to,
  channel: "sms",
  status: "pending",
  messageId: `msg-${messageId}`,
  expiresAt: expiresAt.toISOString(),
});

const DOCS: Sale["docs"] = {
  summary: "Start Phone Verification",
  inputSchema: {
    type: "object",
    properties: { to: FIELD_SCHEMAS.phoneNumber, channel: { const: "sms", default: "sms" } },
    required: ["to"],
  },
  exampleInput: { to: "+12125551234" },
  exampleOutput: answerOf(
    { verificationId: "7d9c3f0e-2a54-4c1b-8f6e-5b1f0a9d2c33", expiresAt: new Date("2026-03-27T00:10:00Z") },
    { to: "+12125551234", messageId: "3f0f54f4-6b0d-4f6a-9d4b-0c5a9f3f9a11" },
  ),
};
