import type { Address, PublicClient } from "viem";
import type { Clock } from "../../clock.ts";

/** A few hundred settlements at Base's usual price; below that an operator should have topped up. */
const LEAST_WEI = 100_000_000_000_000n;
const KEPT_MS = 10_000;

/** Whether the settler can pay for gas. An answer is good for a few seconds. */
export function createGasTank(deps: { client: PublicClient; address: Address; clock: Clock }) {
  let last: { atMs: number; answer: Promise<boolean> } | undefined;
  return {
    hasGas: (): Promise<boolean> => {
      const nowMs = deps.clock.nowMs();
      if (!last || nowMs - last.atMs > KEPT_MS) last = { atMs: nowMs, answer: look(deps) };
      const { answer } = last;
      // What was not enough, or not known, is asked again at once.
      void answer.then((enough) => {
        if (!enough && last?.answer === answer) last = undefined;
      });
      return answer;
    },
  };
}

const look = ({ client, address }: { client: PublicClient; address: Address }): Promise<boolean> =>
  client.getBalance({ address }).then(
    (balance) => balance >= LEAST_WEI,
    () => false,
  );
