import type { Deps } from "./deps.ts";
import type { Sale } from "./sale.ts";

/** Everything that can be paid per call. */
export function offersOf(_deps: Deps): readonly Sale[] {
  return [];
}
