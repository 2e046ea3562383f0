import type { Address } from "viem";
import type { PermitDomain } from "../../providers/token-permit.ts";

/** What one version of a sale asks for. Never changes: an edit makes the next version. */
export type Terms = {
  readonly apiId: string;
  readonly version: number;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly merchant: Address;
  /** Zero address: the native coin. */
  readonly token: Address;
  readonly amountWei: bigint;
  readonly validForSec: number;
  /** Where the token takes permits. */
  readonly permit: PermitDomain | undefined;
  readonly createdAtSec: number;
};

/** A sale and everything that it ever asked for, newest first; never empty. */
export type Sale = {
  readonly apiId: string;
  readonly terms: readonly [Terms, ...Terms[]];
  /** Nothing is sold any more; what is paid with a quote from before still counts. */
  readonly isClosed: boolean;
};
