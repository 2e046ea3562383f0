import { z } from "zod";
import { microUsdOf } from "../../otp/usd.ts";

/** An amount with its currency, as Telnyx tells what it takes. */
export const cost = z.object({ amount: z.string().nullish(), currency: z.string().nullish() }).nullish();

/** 1e-6 USD; nothing where it is not told, or in another currency. */
export function costOf(told: z.infer<typeof cost>): { costMicroUsd?: bigint } {
  if (told?.currency !== "USD" || typeof told.amount !== "string") return {};
  const costMicroUsd = microUsdOf(told.amount);
  return costMicroUsd === undefined ? {} : { costMicroUsd };
}
