import { randomBytes } from "node:crypto";
import type { Address, Hex } from "viem";
import type { Clock } from "../../../api/clock.ts";
import type { Found, Freshness, Indexed, IndexedPayment, PaymentQuery } from "../../../api/indexed.ts";

export type Paid = {
  onChainId: Hex;
  merchant: Address;
  token: Address;
  amount: bigint;
  blockTime: number;
  payer?: Address;
};

/** What the indexer would know, held in memory. Payments appear when a test says so. */
export class FakeIndexed implements Indexed {
  /** What was not paid cannot be known while this is set. */
  stale = false;
  /** So far the index is behind the clock. */
  lagSec = 0;
  fresh = true;
  lookups = 0;
  #payments = new Map<string, IndexedPayment[]>();
  readonly #waiting = new Set<() => void>();
  readonly #clock: Clock;
  #block = 100n;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  findPayments = async (query: PaymentQuery): Promise<Found> => {
    this.lookups++;
    const knownToSec = this.stale ? undefined : Math.floor(this.#clock.nowMs() / 1000) - this.lagSec;
    return { payments: this.#payments.get(keyOf(query)) ?? [], knownToSec };
  };

  freshness = async (): Promise<Freshness[]> => [
    { chainId: 43114, lagSec: this.fresh ? 1 : 600, checkpointBlock: this.#block, fresh: this.fresh },
  ];

  changed = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake, { once: true });
    });

  close = async () => this.notify();

  /** How many callers wait for news. */
  get waiting(): number {
    return this.#waiting.size;
  }

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  add({ onChainId, merchant, token, amount, blockTime, payer }: Paid): IndexedPayment {
    const payment: IndexedPayment = {
      txHash: `0x${randomBytes(32).toString("hex")}`,
      logIndex: 0,
      payer: payer ?? "0x00000000000000000000000000000000000000aa",
      merchant: merchant.toLowerCase() as Address,
      token: token.toLowerCase() as Address,
      amountGross: amount,
      blockNumber: this.#block++,
      blockTime,
    };
    const key = keyOf({ onChainId, merchant, token });
    this.#payments.set(key, [...(this.#payments.get(key) ?? []), payment]);
    this.notify();
    return payment;
  }

  /** The indexer's schema is dropped. */
  forget(): void {
    this.#payments = new Map();
  }
}

const keyOf = ({ onChainId, merchant, token }: PaymentQuery) => `${onChainId}|${merchant}|${token}`.toLowerCase();
