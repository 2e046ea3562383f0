import { ApiError } from "../../errors.ts";
import { REQUEST } from "../../limits.ts";
import type { Route } from "./rules.ts";

/**
 * The request line's path and query: the merchant's URL with the caller's part appended. The caller can neither climb
 * out of the merchant's path nor replace one of the merchant's own parameters (an API key, say).
 * @throws ApiError bad_request, url_too_long
 */
export function addressOf(route: Route, callerPath: string, callerQuery: string): string {
  if (callerPath === "" && callerQuery === "") return withQuery(route.pathname, route.query);
  if (callerPath.length + callerQuery.length > REQUEST.urlChars) throw new ApiError("url_too_long");
  if (!isPlain(callerPath) || !isPlain(callerQuery) || climbs(callerPath)) throw new ApiError("bad_request");

  const query = route.query === "" ? callerQuery : merged(route.query, callerQuery);
  return withQuery(callerPath === "" ? route.pathname : route.pathname.replace(/\/+$/, "") + callerPath, query);
}

const withQuery = (path: string, query: string): string => (query === "" ? path : `${path}?${query}`);

/** No spaces, control characters, fragments or raw bytes: those are read differently by different servers. */
const isPlain = (text: string): boolean => /^[\x21\x22\x24-\x7e]*$/.test(text);

/**
 * Whether any segment means "one up" to some server: written as is, percent-encoded once or twice, behind an encoded or
 * back slash, or with path parameters.
 */
function climbs(path: string): boolean {
  if (!/\.\.|%|\\/.test(path)) return false;
  let text = path;
  for (let round = 0; round < 3; round++) {
    text = text.replace(/%(25|2e|2f|5c|3b)/gi, (coded) => String.fromCharCode(Number.parseInt(coded.slice(1), 16)));
  }
  return text.split(/[/\\]/).some((segment) => segment.split(";")[0] === "..");
}

function merged(own: string, callers: string): string {
  const names = new Set(own.split("&").flatMap(namesOf));
  const kept = callers.split("&").filter((pair) => pair !== "" && !namesOf(pair).some((name) => names.has(name)));
  return [own, ...kept].join("&");
}

/** Every name that some server reads in a pair. Some also split at ";". */
const namesOf = (pair: string): string[] => pair.split(";").flatMap(readingsOf);

/**
 * PHP drops spaces ahead, ends a name at NUL, reads `a[]` and `a[b]` as `a`, and has "_" for a space, a dot and a "["
 * that is not closed.
 */
function readingsOf(part: string): string[] {
  const [given = ""] = [...new URLSearchParams(part).keys()];
  const name = given.toLowerCase().split("\0")[0]?.trim() ?? "";
  return [name, name.replace(/\[.*$/s, "")].map((reading) => reading.trim().replace(/[\s.[]/g, "_"));
}
