/** Chance that comes out the same in every run, so that a failure can be had again. */
export type Dice = {
  /** A whole number from 0 on, below `below`. */
  roll(below: number): number;
  /** True once in `times`. */
  once(times: number): boolean;
  pick<T>(values: readonly T[]): T;
  hex(bytes: number): `0x${string}`;
};

export function createDice(seed: number): Dice {
  let state = seed;
  const roll = (below: number) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0;
    return Math.floor((mixed / 2 ** 32) * below);
  };
  return {
    roll,
    once: (times) => roll(times) === 0,
    pick: (values) => values[roll(values.length)] as (typeof values)[number],
    hex: (bytes) => `0x${Array.from({ length: bytes }, () => roll(256).toString(16).padStart(2, "0")).join("")}`,
  };
}
