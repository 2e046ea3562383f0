import { z } from "zod";
import { ApiError } from "../../errors.ts";
import { VERIFICATION } from "../../limits.ts";
import { readFields } from "../../providers/phone/fields.ts";
import type { JsonObject } from "../../sale.ts";
import { findVerification, guess, statusOf, type VerificationDeps } from "./verification.ts";

const shape = z.object({
  verificationId: z.uuid("must be the verificationId that the start answered"),
  code: z
    .string("must be the code's digits, as a string")
    .regex(new RegExp(`^\\d{${VERIFICATION.digits}}$`), `must have ${VERIFICATION.digits} digits`),
});

/**
 * Whether a code is the right one: `valid` once, and after five guesses or ten minutes no more.
 *
 * @throws ApiError invalid_field, not_found
 */
export async function checkVerification(deps: VerificationDeps, body: unknown): Promise<JsonObject> {
  const { verificationId, code } = readFields(shape, body);
  const guessed = await guess(deps, { verificationId, code });
  const known = guessed ?? (await findVerification(deps, verificationId));
  if (!known) throw new ApiError("not_found", { message: "There is no verification with this id." });
  const status = statusOf(known, deps.clock.nowMs());
  return {
    success: true,
    valid: guessed?.approvedAt !== undefined,
    status,
    attemptsLeft: status === "pending" ? VERIFICATION.attempts - known.attempts : 0,
  };
}
