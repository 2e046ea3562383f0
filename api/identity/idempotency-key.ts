import { ApiError, invalidField } from "../errors.ts";
import { IDEMPOTENCY_KEY_CHARS } from "../limits.ts";
import type { KeyHolder } from "./api-key.ts";

const VISIBLE = new RegExp(`^[!-~]{1,${IDEMPOTENCY_KEY_CHARS}}$`);

/**
 * The caller's own name for what he asks, from the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).
 *
 * @throws ApiError invalid_field
 */
export function readIdempotencyKey(given: string | undefined, field = "Idempotency-Key"): string | undefined {
  if (given !== undefined && !VISIBLE.test(given))
    throw invalidField(field, `must be 1 to ${IDEMPOTENCY_KEY_CHARS} visible ASCII characters`);
  return given;
}

/**
 * An account's names are its own, whichever of its keys gives them; what was bought with another key is for none that may
 * not manage.
 *
 * @throws ApiError idempotency_conflict when the name was given to another request
 */
export function sameRequest<Known extends Named>(known: Known, fingerprint: string, by?: Namer): Known {
  const isTold = by === undefined || by.mayManage || by.keyId === known.keyId;
  if (known.fingerprint !== fingerprint || !isTold) throw new ApiError("idempotency_conflict");
  return known;
}

type Named = { readonly fingerprint: string; readonly keyId?: string };
type Namer = Pick<KeyHolder, "keyId" | "mayManage">;

/** While the first of two requests is worked on. */
export const inFlight = (): ApiError => new ApiError("request_in_flight", { retryAfterSec: 2 });

/** Says that an answer was given before. */
export const REPLAYED = { "Idempotent-Replayed": "true" } as const;
