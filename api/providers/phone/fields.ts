import { z } from "zod";
import { invalidField } from "../../errors.ts";
import { MESSAGE_CHARS } from "../../limits.ts";

/** E.164: a plus sign, a country code, and 15 digits at most in all. Whether anybody has the number is the carrier's to say. */
export const E164 = /^\+[1-9]\d{6,14}$/;

export const phoneNumber = z
  .string("must be a phone number, as a string")
  .regex(E164, "must be a phone number in E.164 form, such as +12125551234");

// A lone half of a surrogate pair and NUL can neither be stored nor sent.
const sendable = /^[^\p{Cs}\0]*$/u;

/** A text of 1 to `MESSAGE_CHARS` code points: an emoji beyond the basic plane counts once. */
export const messageText = z
  .string("must be a text")
  .min(1, "must not be empty")
  .refine((text) => text.length <= 2 * MESSAGE_CHARS && [...text].length <= MESSAGE_CHARS, {
    message: `must have at most ${MESSAGE_CHARS} characters`,
  })
  .regex(sendable, "must not hold NUL or half a character");

/** The same as JSON Schema, for whoever reads before buying. */
export const FIELD_SCHEMAS = {
  phoneNumber: { type: "string", pattern: E164.source },
  message: { type: "string", minLength: 1, maxLength: MESSAGE_CHARS },
} as const;

/** @throws ApiError invalid_field that names the first bad field */
export function readFields<T>(shape: z.ZodType<T>, body: unknown): T {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalidField("body", "must be an object");
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const field = String(issue.path[0] ?? "body");
  throw invalidField(field, Object.hasOwn(body, field) ? issue.message : "is missing");
}
