import { type Address, getAddress, isAddress, zeroAddress } from "viem";
import { z } from "zod";
import { invalidField } from "../../errors.ts";
import { MASKED_API, MAX_FEE_BPS, VALID_FOR_SEC } from "../../limits.ts";

const MAX_UINT256 = 2n ** 256n - 1n;
export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

// Postgres cannot store NUL, others garble a page, a terminal or a list of lines, and what nobody sees an agent reads all
// the same. Joiners and styles are part of emoji and of words.
const printable = /^(?:[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{DI}]|\u200c|\u200d|\ufe0e|\ufe0f)*$/u;
const text = (max: number) =>
  z.string().max(max, `must have at most ${max} characters`).regex(printable, "must not hold unseen characters");
const address = z
  .string("must be an address")
  .refine((value) => isAddress(value, { strict: false }), "must be an address of 0x and 40 hex digits")
  .refine(hasNoTypingError, "is mistyped: its capital letters are not those of this address (EIP-55)")
  .transform((value): Address => getAddress(value.toLowerCase()));
const integer = (min: number, max: number) => {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z.number(rule).int(rule).min(min, rule).max(max, rule);
};
const amountWei = z
  .union([z.string().regex(/^\d{1,78}$/), z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER)], {
    error: "must be a whole number of wei, as a string of digits",
  })
  .transform((value) => BigInt(value))
  .refine((value) => value > 0n, "must be more than 0")
  .refine((value) => value <= MAX_UINT256, "must be less than 2^256");
const methods = z
  .array(z.enum(METHODS, `must hold only ${METHODS.join(", ")}`), "must be a list of methods")
  .min(1, "must hold at least one method")
  .transform((list) => [...new Set(list)]);
const headers = z
  .record(z.string(), z.string("must have only texts as values").max(MASKED_API.upstreamHeaderChars, "is too long"))
  .refine((all) => Object.keys(all).length <= MASKED_API.upstreamHeaders, "holds too many headers");

const fields = {
  p_name: text(MASKED_API.nameChars).trim().nullish(),
  p_description: text(MASKED_API.descriptionChars).trim().nullish(),
  p_api_url: text(MASKED_API.urlChars).min(1, "must not be empty"),
  p_merchant_wallet: address.refine((value) => value !== zeroAddress, "must not be the zero address"),
  p_token_address: address,
  p_amount_wei: amountWei,
  p_valid_for_sec: integer(VALID_FOR_SEC.min, VALID_FOR_SEC.max),
  p_chain_id: z.number("must be the gateway's chain id").int("must be the gateway's chain id"),
  p_fee_bps_snapshot: integer(0, MAX_FEE_BPS).nullish(),
  p_allowed_methods: methods.nullish(),
  p_upstream_headers: headers.nullish(),
  p_is_listed: z.boolean("must be true or false").nullish(),
};

const creation = z.object(fields);
const edit = z.object(fields).partial();

export type Creation = z.infer<typeof creation>;
export type Edit = z.infer<typeof edit>;

/** What the operator's setting adds to the rules. */
/** Of one letter case, an address carries no checksum. Money sent to a mistyped one is lost. */
function hasNoTypingError(value: string): boolean {
  const digits = value.slice(2);
  return digits === digits.toLowerCase() || digits === digits.toUpperCase() || isAddress(value);
}

export type Gateway = { chainId: number; address: Address };

/** @throws ApiError invalid_field that names the first bad field */
export function readCreation(body: unknown, gateway: Gateway): Creation {
  return read(creation, body, gateway);
}

/** Like a creation, with only the fields that change; null clears an optional one. @throws ApiError invalid_field */
export function readEdit(body: unknown, gateway: Gateway): Edit {
  return read(edit, body, gateway);
}

function read<T extends Edit>(shape: z.ZodType<T>, body: unknown, gateway: Gateway): T {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw invalidField("body", "must be an object");
  const misspelt = Object.keys(body).find((name) => name.startsWith("p_") && !(name in fields));
  if (misspelt !== undefined) throw invalidField(misspelt.slice(0, 64), "is not a field");
  const parsed = shape.safeParse(body);
  if (!parsed.success) throw complaint(parsed.error.issues[0] as z.core.$ZodIssue, body);
  const { p_chain_id: chainId, p_merchant_wallet: merchant, p_token_address: token } = parsed.data;
  if (chainId !== undefined && chainId !== gateway.chainId)
    throw invalidField("p_chain_id", `must be ${gateway.chainId}, the chain of this gateway`);
  if (merchant === gateway.address) throw invalidField("p_merchant_wallet", "must not be the gateway itself");
  if (token === gateway.address) throw invalidField("p_token_address", "must not be the gateway itself");
  return parsed.data;
}

function complaint(issue: z.core.$ZodIssue, body: object) {
  const field = String(issue.path[0] ?? "body");
  return invalidField(field, Object.hasOwn(body, field) ? issue.message : "is missing");
}
