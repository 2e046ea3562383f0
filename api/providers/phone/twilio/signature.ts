import { createHmac, timingSafeEqual } from "node:crypto";

/** Twilio's signature of a request: HMAC-SHA1 over its URL, as it stands, and its fields by name. */
export function signatureOf(authToken: string, url: string, fields: URLSearchParams): string {
  const names = [...new Set(fields.keys())].sort();
  const signed = names.flatMap((name) => [...new Set(fields.getAll(name))].sort().map((value) => name + value));
  return createHmac("sha1", authToken)
    .update(url + signed.join(""), "utf8")
    .digest("base64");
}

export type Signed = { authToken: string; url: string; fields: URLSearchParams };

/** Whether it is Twilio's. A URL's standard port may stand in it for Twilio and not for us, or the other way round. */
export function isSigned(signature: string | undefined, { authToken, url, fields }: Signed): boolean {
  const given = Buffer.from(signature ?? "", "base64");
  return spellingsOf(url).some((spelling) => {
    const right = Buffer.from(signatureOf(authToken, spelling, fields), "base64");
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

/** No parser: it would spell the rest anew. */
function spellingsOf(url: string): string[] {
  const [, scheme, host, port, rest = ""] = /^(https?:\/\/)(\[[^\]]*\]|[^/:?]*)(:\d+)?(.*)$/s.exec(url) ?? [];
  if (scheme === undefined || host === undefined) return [url];
  const standard = scheme === "https://" ? ":443" : ":80";
  return [...new Set([url, `${scheme}${host}${rest}`, `${scheme}${host}${port ?? standard}${rest}`])];
}
