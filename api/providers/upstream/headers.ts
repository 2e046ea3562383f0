import type { IncomingHttpHeaders } from "node:http";
import { ApiError } from "../../errors.ts";
import { isTelling, type Mask } from "./mask.ts";
import type { FieldName, Fields } from "./wire/answer-head.ts";

/** What a caller may tell the upstream. Credentials, cookies, payment headers and hop-by-hop headers are not in it. */
const REQUEST_HEADERS = [
  "accept",
  "accept-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
  "x-request-id",
] as const;

/** What the upstream may tell a caller, besides content-type, content-length and content-disposition. */
const ANSWER_HEADERS = [
  "accept-ranges",
  "content-encoding",
  "content-language",
  "content-range",
  "etag",
  "last-modified",
  "retry-after",
] as const satisfies readonly FieldName[];

/** Framing, routing and loop protection are ours. */
const NOT_FOR_MERCHANTS = new Set(
  ["accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "range", "te", "trailer"].concat([
    "transfer-encoding",
    "upgrade",
    "via",
  ]),
);

/** On every answer, faults too: paid content is nobody else's to keep, and a merchant's page is not ours to run. */
const GUARD_HEADERS = [
  "cache-control",
  "private, no-store",
  "x-content-type-options",
  "nosniff",
  "content-security-policy",
  "sandbox; default-src 'none'",
  "cross-origin-resource-policy",
  "cross-origin",
] as const;

/** Types a browser would run or render as a page of this origin. */
const ACTIVE_TYPE = /html|xml|svg|javascript|ecmascript/i;

type Secrets = { flat: readonly string[]; names: ReadonlySet<string> };
const secretsOf = new WeakMap<object, Secrets>();

/** Flat name, value pairs. The merchant's headers come last and replace the caller's of the same name. */
export function requestHeaders(
  incoming: IncomingHttpHeaders,
  merchant: Readonly<Record<string, string>>,
  via: string,
): string[] {
  const secrets = compiled(merchant);
  const flat = ["accept-encoding", "identity", "via", via];
  if (!secrets.names.has("user-agent")) flat.push("user-agent", "Turnpike");
  for (const name of REQUEST_HEADERS) {
    const value = incoming[name];
    if (typeof value === "string" && !secrets.names.has(name)) flat.push(name, value);
  }
  return secrets.names.size === 0 ? flat : flat.concat(secrets.flat);
}

/** Flat name, value pairs of a streamed answer. A header that mentions a word of the mask is dropped. */
export function answerHeaders(headers: Fields, status: number, mask: Mask): string[] {
  const flat: string[] = [...GUARD_HEADERS];
  for (const name of ANSWER_HEADERS) {
    const value = headers[name];
    if (isPassable(value, mask)) flat.push(name, value);
  }
  if (status !== 204 && status !== 304) pushContentHeaders(flat, headers, mask);
  return flat;
}

function pushContentHeaders(flat: string[], headers: Fields, mask: Mask): void {
  const type = contentTypeOf(headers, mask) || "application/octet-stream";
  flat.push("content-type", type);
  const disposition = headers["content-disposition"];
  if (ACTIVE_TYPE.test(type)) flat.push("content-disposition", "attachment");
  else if (isPassable(disposition, mask)) flat.push("content-disposition", disposition);
  const length = headers["content-length"];
  if (typeof length === "string") flat.push("content-length", length);
}

/**
 * The content type with the parameters that say how to read the body; others may name a profile's or schema's address.
 * "" for none, and for one that is none or tells the upstream's host.
 */
export function contentTypeOf(headers: Pick<Fields, "content-type">, { host, words }: Mask): string {
  const [, type = "", rest = ""] = MEDIA_TYPE.exec(String(headers["content-type"] ?? "")) ?? [];
  // The path is not looked for: /json stands in application/json.
  if (type === "" || type.toLowerCase().includes(host)) return "";
  if (rest === "") return type;
  const parameters = [...rest.matchAll(PARAMETER)].map(([, name, value]) => `; ${name}=${value}`);
  return type + parameters.filter((parameter) => !isTelling(parameter, { host, words })).join("");
}

/** Pixels: a browser runs nothing of it. */
export const isPicture = (contentType: string): boolean => /^image\/(?!svg)/i.test(contentType);

const MEDIA_TYPE = /^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*(;[\t\x20-\x7e]*)?$/;
const PARAMETER = /;\s*(charset|boundary|codecs|format|version)\s*=\s*("[^"\\]*"|[^\s";]+)/gi;

/** Headers of an answer that we make ourselves. */
export const faultHeaders = (bodyBytes: number): string[] => [
  ...GUARD_HEADERS,
  "content-type",
  "application/json; charset=utf-8",
  "content-length",
  String(bodyBytes),
];

/** @throws ApiError invalid_field that names the rule, and the header but never its value */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const seen = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,128}$/.test(lower))
      throw refusedHeader("header_name", "has a name that is not one");
    if (NOT_FOR_MERCHANTS.has(lower) || lower.startsWith("proxy-"))
      throw refusedHeader("header_forbidden", `may not set ${lower}`);
    if (seen.has(lower)) throw refusedHeader("header_twice", `names ${lower} twice`);
    if (!/^[\x20-\x7e]*$/.test(value))
      throw refusedHeader("header_value", `has a value for ${lower} that is not printable ASCII`);
    seen.add(lower);
  }
}

function refusedHeader(reason: string, sentence: string): ApiError {
  const details = { field: "p_upstream_headers", reason };
  return new ApiError("invalid_field", { message: `p_upstream_headers: ${sentence}`, details });
}

function compiled(merchant: Readonly<Record<string, string>>): Secrets {
  let secrets = secretsOf.get(merchant);
  if (!secrets) {
    const pairs = Object.entries(merchant).map(([name, value]) => [name.toLowerCase(), value] as const);
    secrets = { flat: pairs.flat(), names: new Set(pairs.map(([name]) => name)) };
    secretsOf.set(merchant, secrets);
  }
  return secrets;
}

/** Header names given twice arrive as a list, and nobody can say which one the upstream meant. */
function isPassable(value: string | string[] | undefined, mask: Mask): value is string {
  return typeof value === "string" && /^[\t\x20-\x7e]*$/.test(value) && !isTelling(value, mask);
}
