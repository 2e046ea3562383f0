import { createHash } from "node:crypto";

/** The same UUID for the same name, and another's for no other: RFC 9562, version 8, of a SHA-256. */
export function derivedUuid(name: string): string {
  const hash = createHash("sha256").update(name).digest("hex");
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join("-");
}
