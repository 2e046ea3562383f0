import { createHash } from "node:crypto";
import { ApiError } from "../errors.ts";
import type { Call, Sale } from "../sale.ts";

const DEEPEST = 64;

/**
 * What was asked for, as 64 hex digits: a payment or an idempotency key stands for this and nothing else. Spaces and the
 * order of names do not matter.
 *
 * @throws ApiError invalid_json when the body is nested too deeply
 */
export function fingerprintOf({ method, path }: Pick<Sale, "method" | "path">, { body, query }: Call): string {
  const asked = [method, path, ...[...query].sort(byName).map((pair) => JSON.stringify(pair))];
  return createHash("sha256")
    .update(`${asked.join("\n")}\n\n${canonical(body, 0)}`)
    .digest("hex");
}

/** Of two with one name the first counts: they stay in their order. */
type Pair = [name: string, value: string];
const byName = ([a]: Pair, [b]: Pair): number => (a === b ? 0 : a < b ? -1 : 1);

function canonical(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new ApiError("invalid_json", { message: "The body is nested too deeply." });
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "";
  if (Array.isArray(value)) return `[${value.map((entry) => canonical(entry, depth + 1)).join(",")}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, entry]) => `${JSON.stringify(name)}:${canonical(entry, depth + 1)}`).join(",")}}`;
}
