/** What a page may send to another origin without being asked about it, and read without being told so. */
const SAFE_REQUEST = ["accept", "accept-language", "content-language"];
const SAFE_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
const SAFE_RESPONSE = [
  ...["cache-control", "content-language", "content-length", "content-type"],
  ...["expires", "last-modified", "pragma"],
];
const SAFE_METHODS = ["GET", "HEAD", "POST"];

const ORIGIN = "https://page.example";

/**
 * `fetch` as a page of another origin has it: what is not harmless is asked for first (preflight), and of the answer
 * only those headers are shown that the server exposes.
 *
 * @throws TypeError "CORS: …" where a browser says no more than "Failed to fetch"
 */
export async function browserFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(input, init);
  const names = [...request.headers].filter(([name, value]) => !isSafe(name, value)).map(([name]) => name);
  if (names.length > 0 || !SAFE_METHODS.includes(request.method)) await preflight(request, names.sort());
  request.headers.set("Origin", ORIGIN);
  const response = await fetch(request);
  checkOrigin(response);
  const shown = new Set([...SAFE_RESPONSE, ...listOf(response, "access-control-expose-headers")]);
  const { status, statusText } = response;
  const headers = [...response.headers].filter(([name]) => shown.has(name));
  return new Response([204, 205, 304].includes(status) ? null : response.body, { status, statusText, headers });
}

function isSafe(name: string, value: string): boolean {
  if (name === "content-type") return SAFE_TYPES.includes(value.split(";")[0]?.trim().toLowerCase() ?? "");
  return SAFE_REQUEST.includes(name);
}

async function preflight({ url, method }: Request, names: readonly string[]): Promise<void> {
  const headers = {
    Origin: ORIGIN,
    "Access-Control-Request-Method": method,
    ...(names.length > 0 && { "Access-Control-Request-Headers": names.join(",") }),
  };
  const answer = await fetch(url, { method: "OPTIONS", headers });
  if (!answer.ok) throw new TypeError(`CORS: the preflight was answered with ${answer.status}`);
  checkOrigin(answer);
  const methods = listOf(answer, "access-control-allow-methods");
  if (!SAFE_METHODS.includes(method) && !methods.includes(method.toLowerCase()))
    throw new TypeError(`CORS: ${method} is not allowed`);
  const allowed = listOf(answer, "access-control-allow-headers");
  const refused = names.filter((name) => !allowed.includes(name));
  if (refused.length > 0) throw new TypeError(`CORS: ${refused.join(", ")} may not be sent`);
}

function checkOrigin({ headers }: Response): void {
  if (!["*", ORIGIN].includes(headers.get("access-control-allow-origin") ?? ""))
    throw new TypeError("CORS: the answer is not for other origins");
}

const listOf = ({ headers }: Response, name: string): string[] =>
  (headers.get(name) ?? "").split(",").map((part) => part.trim().toLowerCase());
