import type { Covered } from "../sale.ts";
import { REPLAYED } from "./idempotency-key.ts";

/** The answer to a call that needs no payment, whichever till was asked. */
export const coveredAnswer = ({ answer, isReplay }: Covered): Response =>
  Response.json(answer, { headers: { "Cache-Control": "no-store", ...(isReplay && REPLAYED) } });
