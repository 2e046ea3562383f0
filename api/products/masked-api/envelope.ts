import { isPicture } from "../../providers/upstream/headers.ts";
import type { UpstreamAnswer } from "../../providers/upstream/target.ts";

/**
 * The answer's `data.upstream`: `status`, `content_type` and `body`. JSON stands as the upstream wrote it, text as a
 * string (SVG is text), an image as `{ image_url }`; anything else as base64, and `encoding` says so.
 */
export function upstreamJson(answer: UpstreamAnswer, imageUrl: () => string): string {
  const { status, contentType, body } = answer;
  const head = `{"status":${status},"content_type":${JSON.stringify(contentType)}`;
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (isPicture(type)) return `${head},"body":{"image_url":${JSON.stringify(imageUrl())}}}`;
  const text = textOf(body, contentType, type);
  if (text === undefined) return `${head},"encoding":"base64","body":"${body.toString("base64")}"}`;
  return `${head},"body":${isJson(type) && isValidJson(text) ? text : JSON.stringify(text)}}`;
}

const isJson = (type: string) => type === "application/json" || type.endsWith("+json") || type === "text/json";

/** Types that are text although their name does not say so. */
const TEXTUAL = /^text\/|[/+](?:json|xml|yaml|x-yaml|javascript|ecmascript|x-www-form-urlencoded|graphql|x-ndjson)$/;

function textOf(body: Buffer, contentType: string, type: string): string | undefined {
  if (type !== "" && !TEXTUAL.test(type)) return undefined;
  const charset = /charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1] ?? "utf-8";
  try {
    // Without a type, bytes that are no UTF-8 are not text; with one, its promise is kept as well as it can be.
    return new TextDecoder(charset, { fatal: type === "" }).decode(body);
  } catch {
    return type === "" ? undefined : body.toString("utf8");
  }
}

function isValidJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
