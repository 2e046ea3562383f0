import type { Hex } from "viem";
import type { FoundSettlement } from "../../../api/indexed.ts";
import { type Change, destinationOf, type OrderState, type PaidOrder } from "../../../api/payments/x402/order.ts";
import type { Ports } from "../../../api/payments/x402/ports.ts";
import type { Settled } from "../../../api/providers/facilitator.ts";
import { NotYet, type Sale } from "../../../api/sale.ts";

/** The process dies here: nothing after this point happens, what came before stays. */
export class Crash extends Error {}

export type Chance = { below(limit: number): number; hit(percent: number): boolean };

/** Numbers that look random and are the same for a seed. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0 || 1;
  const next = () => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit) => Math.floor(next() * limit), hit: (percent) => next() * 100 < percent };
}

const VALID_SEC = 300;
const TX_HASH: Hex = `0x${"7".repeat(64)}`;
export const PRICE = 50_000n;

/** One order and all that is around it, in memory: store, chain, index, supplier. Any of them can fail at any call. */
export class Model {
  nowSec = 1_000_000;
  order: PaidOrder;
  /** Changes of state in the order in which they were stored. */
  readonly states: OrderState[] = ["settling"];
  /** Where the order's money lies in the ledger, as `app.x402_move` posts it. */
  readonly money = { chain: 0n, escrow: 0n, sales: 0n, payer: 0n };
  #place: keyof Model["money"] = "chain";
  /** What is on the chain, if anything. */
  mined: { amount: bigint; blockTime: number; isIndexed: boolean } | undefined;
  /** The operator has given back what arrived. */
  isRefunded = false;
  effects = 0;
  revokes = 0;
  /** Who works on the order; a process that dies lets go. */
  isLocked = false;
  /** The supplier has said for good that he will not. */
  #refusedForGood = false;
  /** While the world is hostile, calls fail and processes die. */
  isHostile = true;
  /** The index says that it knows when it does not: a fault that the runs must find. */
  indexLies = false;
  readonly #chance: Chance;

  constructor(chance: Chance, validSec = VALID_SEC) {
    this.#chance = chance;
    this.order = newOrder(this.nowSec + validSec, this.nowSec);
  }

  /** A process of its own: all processes share the model. */
  ports(): Ports {
    const { model, chance } = { model: this, chance: this.#chance };
    let isDead = false;
    const mayCrash = () => {
      // A dead process does nothing more, whatever its code would do about an error.
      isDead ||= model.isHostile && chance.hit(6);
      if (isDead) throw new Crash();
    };
    const step = async <T>(act: () => T): Promise<T> => {
      mayCrash();
      // Others get a turn between any two steps.
      for (let turns = chance.below(9); turns > 0; turns--) await Promise.resolve();
      mayCrash();
      const result = act();
      mayCrash();
      return result;
    };
    const sale = { fulfil: () => step(() => model.#fulfil()), revoke: () => step(() => void model.revokes++) };
    return {
      orders: {
        find: () => step(() => model.order),
        change: (seen, change) => step(() => model.#change(seen, change)),
      },
      clock: { nowMs: () => model.nowSec * 1000, sleep: async () => {} },
      saleOf: () => sale as unknown as Sale,
      settle: () => step(() => model.#settle()),
      look: (_, reportedTxHash) => step(() => model.#look(reportedTxHash)),
      isRefunded: () => step(() => model.isRefunded),
      news: async () => {},
      failed: () => {},
    };
  }

  pass(sec: number): void {
    this.nowSec += sec;
  }

  /** The chain loses the settlement's block. */
  reorg(): void {
    this.mined = undefined;
    this.isRefunded = false;
  }

  /** The operator gives back a payment that has bought nothing yet. */
  refund(): void {
    const hasBought = ["settled", "fulfilled", "credited"].includes(this.order.state);
    if (this.mined && !hasBought) this.isRefunded = true;
  }

  /** Somebody carries the authorization to the chain. */
  mine(amount = PRICE): void {
    if (this.mined || this.nowSec >= this.order.validBeforeSec) return;
    this.mined = { amount, blockTime: this.nowSec, isIndexed: !this.isHostile };
  }

  index(): void {
    if (this.mined) this.mined.isIndexed = true;
  }

  get credits(): bigint {
    return this.money.payer;
  }

  #change(seen: PaidOrder, { creditedTo: _, ...progress }: Change): PaidOrder | undefined {
    if (seen.version !== this.order.version) return undefined;
    this.order = { ...this.order, ...progress, version: seen.version + 1 };
    if (progress.state) this.states.push(progress.state);
    this.#move(destinationOf(progress));
    return this.order;
  }

  #move(to: ReturnType<typeof destinationOf>): void {
    if (to === undefined || to === this.#place) return;
    if (typeof to !== "string") throw new Error("this sale is nobody's top-up");
    const amount = this.order.settledMicroUsd as bigint;
    this.money[this.#place] -= amount;
    this.money[to] += amount;
    this.#place = to;
  }

  #settle(): Settled {
    if (this.isHostile && this.#chance.hit(25)) return { ok: "unknown" };
    if (this.isHostile && this.#chance.hit(10)) return { ok: false, reason: "insufficient_funds" };
    const wasUsed = this.mined !== undefined;
    this.mine();
    // It landed, and the answer was lost.
    if (this.isHostile && this.#chance.hit(25)) return { ok: "unknown" };
    if (wasUsed) return { ok: false, reason: "already_used" };
    return { ok: true, txHash: this.#chance.hit(50) ? TX_HASH : undefined };
  }

  #look(reportedTxHash: Hex | undefined): FoundSettlement {
    const isStale = this.isHostile && this.#chance.hit(20);
    // The node tells of what the index has not come to, if it does.
    const isToldByNode = this.mined && reportedTxHash === TX_HASH && this.#chance.hit(70);
    if (isToldByNode) return { settlement: this.#settlement(), knownToSec: undefined, isFinal: false };
    if (this.mined?.isIndexed)
      return { settlement: this.#settlement(), knownToSec: undefined, isFinal: !this.isHostile };
    const knownToSec = this.mined ? this.mined.blockTime - 1 : this.nowSec;
    const honest = isStale ? undefined : knownToSec;
    return { settlement: undefined, knownToSec: this.indexLies ? this.nowSec : honest, isFinal: false };
  }

  #settlement() {
    const { amount, blockTime } = this.mined as NonNullable<Model["mined"]>;
    const { payer, nonce, chainId } = this.order;
    return { chainId, txHash: TX_HASH, logIndex: 1, payer, nonce, amount, blockNumber: 7n, blockTime };
  }

  /** At most once per order, and after a "no" never: that is what sales promise. */
  #fulfil() {
    if (this.effects === 0) {
      if (this.isHostile && this.#chance.hit(20)) throw new NotYet(1);
      this.#refusedForGood ||= this.isHostile && this.#chance.hit(15);
      if (this.#refusedForGood) throw new Error("the supplier will not");
      this.effects++;
    }
    if (this.isHostile && this.#chance.hit(15)) throw new NotYet(1);
    return { success: true };
  }
}

const newOrder = (validBeforeSec: number, nowSec: number): PaidOrder => ({
  id: "order",
  payer: "0x00000000000000000000000000000000000000aa",
  chainId: 8453,
  input: {},
  priceMicroUsd: PRICE,
  saleId: "test",
  payTo: "0x00000000000000000000000000000000000000bb",
  payKey: "key",
  fingerprint: "",
  paymentIdHash: undefined,
  nonce: `0x${"1".repeat(64)}`,
  validBeforeSec,
  payload: {} as PaidOrder["payload"],
  createdAtMs: nowSec * 1000,
  state: "settling",
  reason: undefined,
  txHash: undefined,
  settledMicroUsd: undefined,
  answer: undefined,
  isFinal: false,
  looks: 0,
  dueAtMs: nowSec * 1000,
  version: 0,
});
