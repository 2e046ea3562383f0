import { setTimeout as pause } from "node:timers/promises";
import { payerNo, settle, type TestBase } from "./base.ts";
import { openId, payNative, type TestChain } from "./chain.ts";

export type Traffic = {
  /** Payments mined so far. */
  count(): number;
  /** Resolves with the number of all payments, once the last one is mined. */
  stop(): Promise<number>;
};

/** A block per payment: faster than real chains mine, slow enough for Ponder to keep up on a busy machine. */
const PACE_MS = 120;

/** Pays one session after the other, every third one again. */
export const startTraffic = (chain: Pick<TestChain, "client" | "gateway">, paceMs = PACE_MS): Traffic =>
  paced(paceMs, (count) =>
    payNative(chain, {
      sessionId: openId(`traffic ${count - (count % 3 === 2 ? 1 : 0)}`),
      amountWei: BigInt(count + 1),
    }),
  );

/** Settles one authorization after the other, of three payers in turn. */
export const startSettling = (onBase: Pick<TestBase, "client" | "receiver">, paceMs = PACE_MS): Traffic =>
  paced(paceMs, (count) => settle(onBase, { payer: payerNo(1 + (count % 3)), amount: BigInt(count + 1) }));

function paced(paceMs: number, pay: (count: number) => Promise<unknown>): Traffic {
  let count = 0;
  let stopping = false;
  const running = (async () => {
    while (!stopping) {
      await pay(count);
      count++;
      await pause(paceMs);
    }
  })();
  return {
    count: () => count,
    stop: async () => {
      stopping = true;
      await running;
      return count;
    },
  };
}
