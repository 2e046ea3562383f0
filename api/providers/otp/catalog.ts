import { readFile } from "node:fs/promises";
import { z } from "zod";

/** What the operator sells. The same `id`s stand in our paths and answers, the `code`s are the supplier's. */
export type Catalog = { readonly services: readonly OtpService[]; readonly countries: readonly OtpCountry[] };

/** `timeoutSec`: how long an order waits for its code. */
export type OtpService = { id: string; name: string; code: string; timeoutSec: number };

/** `id`: ISO 3166-1 alpha-2 in lower case. */
export type OtpCountry = { id: string; name: string; code: string };

/** As long as suppliers keep a number for its code. */
const USUAL_TIMEOUT_SEC = 1_200;

const name = z.string().min(1).max(100);
const code = z.string().regex(/^[\w.-]{1,40}$/, "needs up to 40 letters, digits, dots, dashes or underscores");
const service = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "needs lower-case letters, digits, dashes or underscores"),
  name,
  code,
  timeoutSec: z.int().min(60).max(7_200).default(USUAL_TIMEOUT_SEC),
});
const country = z.strictObject({
  id: z.string().regex(/^[a-z]{2}$/, "needs two lower-case letters, as in ISO 3166-1"),
  name,
  code,
});
const file = z.strictObject({
  services: z.array(service).min(1).max(10_000).superRefine(once),
  countries: z.array(country).min(1).max(300).superRefine(once),
});

/**
 * Reads the operator's file:
 * `{"services": [{"id": "discord", "name": "Discord", "code": "ds", "timeoutSec": 1200}, …],
 *   "countries": [{"id": "id", "name": "Indonesia", "code": "6"}, …]}`.
 * `timeoutSec` may be left out (1200, from 60 to 7200). Ids and codes stand once each.
 * @throws Error that names the file and every field that is wrong
 */
export async function readCatalog(path: string): Promise<Catalog> {
  const wrong = (what: string) => new Error(`OTP_CATALOG: ${path}: ${what}`);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw wrong(`cannot be read (${error.code})`);
  });
  const parsed = file.safeParse(json(text, wrong));
  if (!parsed.success) throw wrong(parsed.error.issues.map(complaint).join("; "));
  return parsed.data;
}

function json(text: string, wrong: (what: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw wrong(`is not JSON: ${(error as Error).message}`);
  }
}

function once(items: readonly { id: string; code: string }[], context: z.RefinementCtx): void {
  for (const field of ["id", "code"] as const) {
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      if (seen.has(item[field]))
        context.addIssue({ code: "custom", path: [index, field], message: `"${item[field]}" stands there twice` });
      seen.add(item[field]);
    }
  }
}

/** `services[3].id: …` */
function complaint({ path, message }: z.core.$ZodIssue): string {
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  return `${place.replace(/^\./, "") || "the file"}: ${message}`;
}
