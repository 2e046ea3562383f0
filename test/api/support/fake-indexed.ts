import { randomBytes } from "node:crypto";
import type { Address, Hex } from "viem";
import type { Clock } from "../../../api/clock.ts";
import type {
  Found,
  FoundSettlement,
  Freshness,
  Indexed,
  IndexedPayment,
  IndexedSettlement,
  PaymentQuery,
  SettlementQuery,
} from "../../../api/indexed.ts";

export type Paid = {
  onChainId: Hex;
  merchant: Address;
  token: Address;
  amount: bigint;
  blockTime: number;
  payer?: Address;
};

export type Settled = {
  payer: Address;
  nonce: Hex;
  amount: bigint;
  /** Now by default. */
  blockTime?: number;
  txHash?: Hex;
  logIndex?: number;
  /** Blocks on top of its own; as many as anybody asks for by default. */
  confirmations?: number;
  isFinal?: boolean;
  /** False: on the chain, and not in the index yet: told to who names its transaction. */
  isIndexed?: boolean;
};

type Kept = { settlement: IndexedSettlement; confirmations: number; isFinal: boolean; isIndexed: boolean };

/** What the indexer would know, held in memory. Payments appear when a test says so. */
export class FakeIndexed implements Indexed {
  /** What was not paid or settled cannot be known while this is set. */
  stale = false;
  /** The chain of the receiver. */
  receiverChainId = 8453;
  /** So far the index is behind the clock. */
  lagSec = 0;
  fresh = true;
  lookups = 0;
  #payments = new Map<string, IndexedPayment[]>();
  readonly #settlements = new Map<string, Kept>();
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

  findSettlement = async (query: SettlementQuery): Promise<FoundSettlement> => {
    this.lookups++;
    const knownToSec = this.stale ? undefined : Math.floor(this.#clock.nowMs() / 1000) - this.lagSec;
    const kept = this.#settlements.get(authorizationOf(query));
    if (!kept) return { settlement: undefined, knownToSec, isFinal: false };
    if (!kept.isIndexed && query.reportedTxHash === kept.settlement.txHash && !query.confirmations)
      return { settlement: kept.settlement, knownToSec: undefined, isFinal: false };
    if (!kept.isIndexed)
      return { settlement: undefined, knownToSec: knownToSec && kept.settlement.blockTime - 1, isFinal: false };
    if (kept.confirmations >= (query.confirmations ?? 0))
      return { settlement: kept.settlement, knownToSec, isFinal: kept.isFinal };
    // It is on the chain all the same: nobody may conclude that it is not.
    return { settlement: undefined, knownToSec: knownToSec && kept.settlement.blockTime - 1, isFinal: false };
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

  /** USDC reached the receiver by this authorization. A second call with the same one changes what is known of it. */
  addSettlement(settled: Settled): IndexedSettlement {
    const known = this.#settlements.get(authorizationOf(settled))?.settlement;
    const settlement: IndexedSettlement = {
      chainId: this.receiverChainId,
      txHash: settled.txHash ?? known?.txHash ?? `0x${randomBytes(32).toString("hex")}`,
      logIndex: settled.logIndex ?? 1,
      payer: settled.payer.toLowerCase() as Address,
      nonce: settled.nonce.toLowerCase() as Hex,
      amount: settled.amount,
      blockNumber: known?.blockNumber ?? this.#block++,
      blockTime: settled.blockTime ?? Math.floor(this.#clock.nowMs() / 1000),
    };
    const { confirmations = Number.POSITIVE_INFINITY, isFinal = false, isIndexed = true } = settled;
    this.#settlements.set(authorizationOf(settled), { settlement, confirmations, isFinal, isIndexed });
    if (isIndexed) this.notify();
    return settlement;
  }

  /** A reorg took it back. */
  removeSettlement(query: Pick<SettlementQuery, "payer" | "nonce">): void {
    this.#settlements.delete(authorizationOf(query));
    this.notify();
  }

  /** The indexer's schema is dropped. */
  forget(): void {
    this.#payments = new Map();
    this.#settlements.clear();
  }
}

const keyOf = ({ onChainId, merchant, token }: PaymentQuery) => `${onChainId}|${merchant}|${token}`.toLowerCase();

const authorizationOf = ({ payer, nonce }: Pick<SettlementQuery, "payer" | "nonce">) =>
  `${payer}|${nonce}`.toLowerCase();
