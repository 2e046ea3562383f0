import { isOutage } from "../db.ts";
import type { Deps } from "../deps.ts";
import { ApiError } from "../errors.ts";

/** What the caller is told of anything thrown; our own faults go to the log. */
export function judged({ log }: Pick<Deps, "log">, thrown: unknown, requestId: string): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (isOutage(thrown)) {
    log.warn({ requestId, reason: (thrown as Error).message }, "the database is away");
    return new ApiError("not_ready", { retryAfterSec: 2 });
  }
  log.error({ requestId, err: thrown }, "a request failed");
  return new ApiError("internal");
}
