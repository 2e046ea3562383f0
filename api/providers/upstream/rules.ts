import { isIP } from "node:net";
import { ApiError } from "../../errors.ts";
import { MASKED_API } from "../../limits.ts";
import { isBlocked } from "./blocked.ts";
import { type Mask, maskOf } from "./mask.ts";

/** Why a URL is refused: the machine's word and the merchant's sentence. */
const REASONS = {
  too_long: `must have at most ${MASKED_API.urlChars} characters`,
  malformed: "must be an absolute URL of printable ASCII characters without spaces or backslashes",
  scheme: "must start with https://",
  userinfo: "must not hold a user name or password; use p_upstream_headers",
  own_host: "must not point back at this service",
  port: "must use port 443",
  trailing_dot: "must not have a host that ends with a dot",
  local_name: "must have a public host name",
  private_address: "must not lead to a private or reserved address",
  not_resolved: "must have a host that resolves",
} as const;

export type Reason = keyof typeof REASONS;

/** Names that never belong to the public internet (RFC 6761, 6762, 8375, 9476 and what routers hand out). */
const LOCAL_SUFFIXES = ["localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan"]
  .concat(["home.arpa", "test", "invalid", "onion", "alt"])
  .map((suffix) => `.${suffix}`);

/** What the operator allows beyond the public internet, and who we are. Both as lower-case `host:port`. */
export type Rules = { allow: ReadonlySet<string>; own: ReadonlySet<string>; ownNames: ReadonlySet<string> };

/** A URL that passed the rules, taken apart. */
export type Route = {
  origin: string;
  /** Without brackets. */
  hostname: string;
  pathname: string;
  /** Without "?". */
  query: string;
  /** Exempt from the rules on names, ports and addresses. */
  isAllowed: boolean;
  mask: Mask;
};

export function rulesOf(allow: readonly string[], ownHosts: readonly string[]): Rules {
  const own = new Set(ownHosts.map((host) => host.toLowerCase()));
  const ownNames = new Set([...own].map((authority) => withoutBrackets(authority.replace(/:\d+$/, ""))));
  return { allow: new Set(allow.map((host) => host.toLowerCase())), own, ownNames };
}

/** Applies every rule that needs no look-up. @throws ApiError invalid_field */
export function routeOf(text: string, rules: Rules): Route {
  if (text.length > MASKED_API.urlChars) throw refused("too_long");
  if (!/^[\x21-\x5b\x5d-\x7e\u0080-\uffff]+$/.test(text) || !URL.canParse(text)) throw refused("malformed");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refused("scheme");
  if (!/^https?:\/\/[^/]/i.test(text)) throw refused("malformed");
  if (url.username || url.password || authorityOf(text).includes("@")) throw refused("userinfo");

  const isAllowed = checkHost(url, rules);
  return {
    origin: url.origin,
    hostname: withoutBrackets(url.hostname),
    pathname: url.pathname,
    query: url.search.slice(1),
    isAllowed,
    mask: maskOf(url),
  };
}

/** The 400 of a refused URL. Says which rule, never which host. */
export function refused(reason: Reason): ApiError {
  const details = { field: "p_api_url", reason };
  return new ApiError("invalid_field", { message: `p_api_url: ${REASONS[reason]}`, details });
}

export const withoutBrackets = (hostname: string): string => hostname.replace(/^\[|\]$/g, "");

/** Returns whether the operator's list lets this host and port through. */
function checkHost(url: URL, rules: Rules): boolean {
  const hostname = withoutBrackets(url.hostname);
  const authority = `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
  if (rules.own.has(authority)) throw refused("own_host");
  if (rules.allow.has(authority)) return true;

  if (url.protocol !== "https:") throw refused("scheme");
  const reason = isIP(hostname) ? reasonOfAddress(hostname) : reasonOfName(hostname);
  if (reason) throw refused(reason);
  if (rules.ownNames.has(hostname)) throw refused("own_host");
  if (url.port !== "") throw refused("port");
  return false;
}

const reasonOfAddress = (address: string): Reason | undefined => (isBlocked(address) ? "private_address" : undefined);

function reasonOfName(hostname: string): Reason | undefined {
  if (hostname.endsWith(".")) return "trailing_dot";
  return isLocalName(hostname) ? "local_name" : undefined;
}

function isLocalName(hostname: string): boolean {
  return !hostname.includes(".") || LOCAL_SUFFIXES.some((suffix) => hostname.endsWith(suffix));
}

/** What stands between "//" and the path, before the parser tidied it up: an empty user name leaves no trace later. */
function authorityOf(text: string): string {
  return text.replace(/^[a-z]+:\/\//i, "").split(/[/?#]/)[0] ?? "";
}
