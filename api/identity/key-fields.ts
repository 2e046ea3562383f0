import { z } from "zod";
import { invalidField } from "../errors.ts";
import { API_KEYS } from "../limits.ts";
import { dollarsOf, microUsdOf } from "../prices.ts";

/** What an owner says of a new key. */
export type KeyWish = { readonly name: string; readonly capMicroUsd: bigint | null; readonly mayManage: boolean };

/** What he changes; what is absent stays. */
export type KeyChange = { readonly name?: string | undefined; readonly capMicroUsd?: bigint | null | undefined };

/** @throws ApiError invalid_field */
export function readKeyWish(body: unknown): KeyWish {
  const { name = "", cap_usd = null, may_manage = false } = read(creation, body);
  if (may_manage && cap_usd !== null)
    throw invalidField("may_manage", "must be false for a key with a cap: who may manage makes himself one without");
  return { name, capMicroUsd: capOf(cap_usd), mayManage: may_manage };
}

/** @throws ApiError invalid_field */
export function readKeyChange(body: unknown): KeyChange {
  const { name, cap_usd } = read(changeable, body);
  if (name === undefined && cap_usd === undefined) throw invalidField("body", "must hold name or cap_usd");
  return { name, capMicroUsd: cap_usd === undefined ? undefined : capOf(cap_usd) };
}

const CAP_RULE = `must be dollars above 0 and up to ${dollarsOf(API_KEYS.maxCapMicroUsd)}, in whole cents, or null for no cap`;

const changeable = z.strictObject({
  name: z
    .string("must be a text")
    // A lone half of a surrogate pair and NUL cannot be stored.
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must hold no control characters")
    .max(API_KEYS.nameChars, `must have at most ${API_KEYS.nameChars} characters`)
    .optional(),
  cap_usd: z.number(CAP_RULE).nullable().optional(),
});
const creation = changeable.extend({ may_manage: z.boolean("must be true or false").optional() });

function read<T>(shape: z.ZodType<T>, body: unknown): T {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalidField("body", "must be an object");
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === "unrecognized_keys") throw invalidField(String(issue.keys[0]).slice(0, 100), "is not known here");
  throw invalidField(String(issue.path[0]), issue.message);
}

function capOf(dollars: number | null): bigint | null {
  if (dollars === null) return null;
  const microUsd = microUsdOf(dollars);
  if (microUsd === undefined || microUsd <= 0n || microUsd > API_KEYS.maxCapMicroUsd)
    throw invalidField("cap_usd", CAP_RULE);
  return microUsd;
}
