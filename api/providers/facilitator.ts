import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import type { Address, Hex } from "viem";
import type { Clock } from "../clock.ts";
import type { Db } from "../db.ts";
import type { ChainReader } from "./chain.ts";
import { openHttpFacilitator } from "./facilitator/http.ts";
import { openInProcess } from "./facilitator/in-process.ts";
import type { Reason } from "./facilitator/reasons.ts";

/** `unknown`: it could not be found out. */
export type Verified = { ok: true } | { ok: false; reason: Reason } | { ok: "unknown" };

/**
 * `ok: true` is whoever settled saying so, and no proof: that is the index's to give. `ok: false`: this attempt moved
 * no money. `unknown`: it may have, or may yet.
 */
export type Settled = { ok: true; txHash: Hex | undefined } | { ok: false; reason: Reason } | { ok: "unknown" };

/** Who looks at signed payments and carries them to the chain. Nothing here throws, and no foreign text gets out. */
export type Facilitator = {
  verify(payload: PaymentPayload, requirements: PaymentRequirements): Promise<Verified>;
  /** May be called again for the same authorization, which the token takes once. */
  settle(payload: PaymentPayload, requirements: PaymentRequirements): Promise<Settled>;
  /** The payer's USDC in atomic units. Undefined: not known, or the gas of a payment that is not covered is not ours. */
  balanceOf(payer: Address): Promise<bigint | undefined>;
  /** True while payments can be settled. */
  health(): Promise<boolean>;
  close(): Promise<void>;
};

export type FacilitatorDeps = {
  /** Settles instead of us, when set. */
  facilitatorUrl: string | undefined;
  /** What it wants in the `Authorization` header. */
  facilitatorAuthorization: string | undefined;
  /** Pays the gas when we settle ourselves. */
  settlerKey: Hex | undefined;
  /** More than this per gas we do not pay: while gas costs more, nothing is taken on and what waits goes on waiting. */
  maxFeeWei: bigint;
  /** The chain that USDC is taken on, and the contract that takes it. */
  reader: ChainReader;
  receiver: Address;
  db: Pick<Db, "transaction">;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
};

/** Asks nobody anything yet: a facilitator that is away must not stop the API from starting. */
export function openFacilitator(deps: FacilitatorDeps): Facilitator {
  const { facilitatorUrl, settlerKey } = deps;
  if (facilitatorUrl) return openHttpFacilitator(facilitatorUrl, deps);
  if (!settlerKey) throw new Error("FACILITATOR_URL or SETTLER_KEY: one of them is needed to settle payments");
  return openInProcess({ ...deps, settlerKey });
}
