import type { Hex } from "viem";
import type { Clock } from "../../clock.ts";
import type { FoundSettlement } from "../../indexed.ts";
import type { Settled } from "../../providers/facilitator.ts";
import type { Sale } from "../../sale.ts";
import type { Change, PaidOrder } from "./order.ts";
import type { Orders } from "./orders.ts";

/** All that an order needs of the world, and nothing else: a model of it can be crashed anywhere. */
export type Ports = {
  readonly orders: Pick<Orders, "change" | "find">;
  readonly clock: Clock;
  saleOf(saleId: string): Sale | undefined;
  settle(order: PaidOrder): Promise<Settled>;
  /**
   * What the index knows of the order's authorization; until it has come that far, what the chain itself tells of the
   * transaction that somebody says it is in.
   */
  look(order: PaidOrder, reportedTxHash?: Hex): Promise<FoundSettlement>;
  /** Whether the operator gave back on chain what arrived. Rejects when the chain cannot be read. */
  isRefunded(order: PaidOrder): Promise<boolean>;
  /** Resolves when a look may show something new, or when `signal` aborts. */
  news(signal: AbortSignal): Promise<void>;
  /** Why a sale could not be fulfilled. */
  failed(order: PaidOrder, error: unknown): void;
};

export type Run = {
  /** The authorization was looked at just now and had not been used. */
  readonly isFresh: boolean;
  /** How long to wait for the index, once it was settled. */
  readonly patienceMs: number;
};

/** A change, after which the order rests for now or goes on. */
export type Step = { readonly change: Change; readonly rests: boolean };
