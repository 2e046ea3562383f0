import { setTimeout as pause } from "node:timers/promises";
import { directly } from "./directly.ts";
import type { Ledger } from "./gas.ts";
import type { Paid, Payer } from "./payers.ts";

export type Contender = { name: string; ledger: Ledger; pay(payer: Payer): Promise<Paid> };

export const CHAIN_ALONE = "the chain alone";

/** So often the local chains mine. */
const BLOCK_MS = 1_000;

/**
 * How long one payment takes, in milliseconds by name: the contenders in turn, beside what the chain itself takes. All
 * begin at the same moments between two blocks, spread evenly: begun whenever the one before has ended, each would gain
 * by its forerunner's delay.
 */
export async function alone(
  contenders: readonly [Contender, ...Contender[]],
  payer: Payer,
  count: number,
): Promise<Map<string, number[]>> {
  const [{ ledger }] = contenders;
  const chainAlone = async () => ({ ok: true, status: 200, ms: await directly(ledger, payer.account) });
  const all = [{ name: CHAIN_ALONE, pay: chainAlone }, ...contenders];
  const times = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (const { pay } of all) await pay(payer);
  for (let nth = 0; nth < count; nth++)
    for (const { name, pay } of rotated(all, nth)) {
      await afterBlock(ledger, (nth + 0.5) / count);
      const { ok, status, ms } = await pay(payer);
      if (!ok) throw new Error(`${name}: one payment was answered with ${status}`);
      times.get(name)?.push(ms);
    }
  return times;
}

/** Another one goes first each time. */
const rotated = <T>(all: readonly T[], nth: number): T[] => {
  const first = nth % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
};

/** Resolves when this part of the time between two blocks has passed since a block. */
async function afterBlock({ client }: Ledger, part: number): Promise<void> {
  const last = await client.getBlockNumber();
  while ((await client.getBlockNumber()) === last) await pause(2);
  await pause(part * BLOCK_MS);
}
