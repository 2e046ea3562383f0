import type { Dice } from "./dice.ts";

/** Texts that have upset servers before. */
export const SCRAPS: readonly string[] = [
  "",
  " ",
  "0",
  "-1",
  "0x",
  "1e400",
  "NaN",
  "null",
  "undefined",
  "\0",
  "\u2028",
  "\ud800",
  "𝕏",
  "'; drop table x;--",
  "{{7*7}}",
  "%00",
  "../../etc/passwd",
  "__proto__",
  "9".repeat(400),
  "a".repeat(3_000),
];

const NAMES = ["__proto__", "constructor", "toString", "a", "x-y", "", "country", "to", "message", "phoneNumber"];

/** Any JSON value, up to `depth` levels of it. */
export function junk(dice: Dice, depth: number): unknown {
  if (depth === 0 || dice.once(2)) return leaf(dice);
  const size = dice.roll(4);
  if (dice.once(2)) return Array.from({ length: size }, () => junk(dice, depth - 1));
  return Object.fromEntries(Array.from({ length: size }, () => [dice.pick(NAMES), junk(dice, depth - 1)]));
}

function leaf(dice: Dice): unknown {
  const makers = [
    () => dice.pick(SCRAPS),
    () => dice.roll(2 ** 31) - 2 ** 30,
    () => dice.roll(2 ** 31) / 7,
    () => 2 ** dice.roll(1_024),
    () => null,
    () => dice.once(2),
    () => dice.hex(dice.roll(40)),
  ];
  return dice.pick(makers)();
}

/** A copy of `value` with `hits` of its parts, at any depth, replaced, removed or added. */
export function damaged(dice: Dice, value: Record<string, unknown>, hits: number): Record<string, unknown> {
  const copy = structuredClone(value);
  for (let hit = 0; hit < hits; hit++) damage(dice, copy);
  return copy;
}

function damage(dice: Dice, whole: Record<string, unknown>): void {
  let place = whole;
  for (;;) {
    const name = dice.pick([...Object.keys(place), "added"]);
    const inner = place[name];
    const isInner = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
    if (isInner && !dice.once(5)) {
      place = inner as Record<string, unknown>;
      continue;
    }
    if (dice.once(5)) delete place[name];
    else place[name] = junk(dice, 2);
    return;
  }
}

/** A text with one stretch of it cut out or replaced. */
export function torn(dice: Dice, text: string): string {
  const from = dice.roll(text.length + 1);
  return text.slice(0, from) + dice.pick(SCRAPS) + text.slice(from + dice.roll(20));
}
