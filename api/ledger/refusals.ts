import { ApiError, type ErrorCode } from "../errors.ts";

/** SQLSTATEs of the ledger's own, raised by the trigger of migrations/ledger.ts, which a caller is told of. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  TL001: "insufficient_balance",
  TL002: "key_cap_reached",
  TL003: "invalid_api_key",
};

/** @throws ApiError when the ledger refuses what `post` asked for, with the amounts as strings of micro-USD */
export async function asPosted<T>(post: () => Promise<T>): Promise<T> {
  try {
    return await post();
  } catch (error) {
    const { code, detail } = error as { code?: string; detail?: string };
    const refusal = REFUSALS[code ?? ""];
    if (!refusal) throw error;
    throw new ApiError(refusal, { ...(detail && { details: JSON.parse(detail) }), cause: error });
  }
}
