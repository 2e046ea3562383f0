import { ApiError } from "../errors.ts";
import { REQUEST } from "../limits.ts";

/**
 * The request's body as JSON.
 *
 * @throws ApiError unsupported_media_type, body_too_large, invalid_json
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) throw new ApiError("unsupported_media_type");
  const text = await readText(request);
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError("invalid_json");
  }
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get("content-length")) > REQUEST.jsonBytes) throw new ApiError("body_too_large");
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length;
    // A chunked body tells no length: it is counted as it comes.
    if (bytes > REQUEST.jsonBytes) throw new ApiError("body_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
