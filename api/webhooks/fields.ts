import { z } from "zod";
import type { Deps } from "../deps.ts";
import { ApiError, invalidField } from "../errors.ts";
import { EVENT_TYPES } from "../events.ts";
import { WEBHOOKS } from "../limits.ts";

// Postgres cannot store NUL, and the others garble a page or a terminal.
const printable = /^[^\p{Cc}\p{Cs}]*$/u;
const url = z
  .string("must be a URL")
  .min(1, "must not be empty")
  .max(WEBHOOKS.urlChars, `must have at most ${WEBHOOKS.urlChars} characters`);
const description = z
  .string("must be a text")
  .max(WEBHOOKS.descriptionChars, `must have at most ${WEBHOOKS.descriptionChars} characters`)
  .regex(printable, "must not hold control characters");
const types = z
  .array(z.enum(EVENT_TYPES, `must hold only ${EVENT_TYPES.join(", ")}`), "must be a list of event types")
  .min(1, "must hold at least one type; leave it out for every type")
  .transform((list) => [...new Set(list)]);

const creation = z.strictObject({ url, types: types.nullish(), description: description.nullish() });
const edit = z
  .strictObject({ ...creation.shape, paused: z.boolean("must be true or false") })
  .partial()
  .refine((given) => Object.keys(given).length > 0, "must hold at least one of url, types, description and paused");

export type Creation = z.infer<typeof creation>;
export type Edit = z.infer<typeof edit>;

/** @throws ApiError invalid_field that names the first bad field */
export const readCreation = (body: unknown): Creation => read(creation, body);

/** Only the fields that change; null makes `types` every type again, and takes the description away. @throws ApiError invalid_field */
export const readEdit = (body: unknown): Edit => read(edit, body);

/** The rules of upstreams, said of this field. @throws ApiError invalid_field */
export async function checkTarget({ upstream }: Pick<Deps, "upstream">, given: string): Promise<void> {
  await upstream.check(given).catch((error: unknown) => {
    const reason = error instanceof ApiError ? error.details?.reason : undefined;
    if (reason === undefined) throw error;
    throw new ApiError("invalid_field", {
      message: "url: must be a public https URL on port 443, without a user, and not of this service",
      details: { field: "url", reason },
    });
  });
}

/** `host:port` of a URL that passed the check. */
export function targetOf(given: string): string {
  const { hostname, port, protocol } = new URL(given);
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function read<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  if (issue.code === "unrecognized_keys") throw invalidField(String(issue.keys[0]).slice(0, 64), "is not a field");
  const field = String(issue.path[0] ?? "body");
  const isMissing = field !== "body" && !Object.hasOwn(body as object, field);
  throw invalidField(field, isMissing ? "is missing" : field === "body" ? bodyRule(issue) : issue.message);
}

const bodyRule = (issue: z.core.$ZodIssue): string => (issue.code === "custom" ? issue.message : "must be an object");
