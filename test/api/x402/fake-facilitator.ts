import type { PaymentPayload } from "@x402/core/types";
import { type Hex, recoverTypedDataAddress } from "viem";
import type { Facilitator, Settled, Verified } from "../../../api/providers/facilitator.ts";
import type { FakeIndexed } from "../support/fake-indexed.ts";
import { type Authorization, typedDataOf } from "./payer.ts";

/**
 * A facilitator with the chain behind it: an authorization is taken once, whoever carries it. What it says of a
 * settlement and what becomes of it can differ.
 */
export class FakeFacilitator implements Facilitator {
  verifies = 0;
  settles = 0;
  /** What `verify` says instead of looking. */
  verdict: Verified | Error | undefined;
  /** What `settle` says, whatever happens; undefined tells the truth. */
  says: Settled | Error | undefined;
  /** False: carries nothing to the chain. */
  carries = true;
  /** False: what is mined waits for `index()`, and only who names its transaction finds it on the chain. */
  indexes = true;
  /** Held until this resolves. */
  hold: Promise<unknown> | undefined;
  /** Authorizations that the chain has taken, by payer and nonce. */
  readonly taken = new Map<string, Authorization>();
  readonly #indexed: FakeIndexed;

  constructor(indexed: FakeIndexed) {
    this.#indexed = indexed;
  }

  verify = async ({ payload }: PaymentPayload): Promise<Verified> => {
    this.verifies++;
    if (this.verdict instanceof Error) throw this.verdict;
    if (this.verdict) return this.verdict;
    const { authorization, signature } = payload as { authorization: Authorization; signature: Hex };
    const signer = await recoverTypedDataAddress({ ...typedDataOf(authorization), signature }).catch(() => "nobody");
    if (signer.toLowerCase() !== authorization.from.toLowerCase()) return { ok: false, reason: "invalid_signature" };
    return this.taken.has(keyOf(authorization)) ? { ok: false, reason: "already_used" } : { ok: true };
  };

  settle = async ({ payload }: PaymentPayload): Promise<Settled> => {
    this.settles++;
    await this.hold;
    const { authorization } = payload as { authorization: Authorization };
    const isNew = !this.taken.has(keyOf(authorization));
    const txHash = isNew && this.carries ? this.carry(authorization) : undefined;
    if (this.says instanceof Error) throw this.says;
    if (this.says) return this.says;
    return isNew ? { ok: true, txHash } : { ok: false, reason: "already_used" };
  };

  /** What every payer has. */
  balance: bigint | undefined;
  balanceOf = async (): Promise<bigint | undefined> => this.balance;
  health = async () => true;
  close = async () => {};

  /** Takes an authorization to the chain, as anybody can. */
  carry(authorization: Authorization): Hex {
    this.taken.set(keyOf(authorization), authorization);
    return this.#indexed.addSettlement({ ...settlementOf(authorization), isIndexed: this.indexes }).txHash;
  }

  /** The index sees what was mined. */
  index(): void {
    for (const authorization of this.taken.values()) this.#indexed.addSettlement(settlementOf(authorization));
  }
}

const keyOf = ({ from, nonce }: Authorization) => `${from}|${nonce}`.toLowerCase();

const settlementOf = ({ from, nonce, value }: Authorization) => ({ payer: from, nonce, amount: BigInt(value) });
