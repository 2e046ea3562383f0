import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createWorld, creation, JSON_TYPE, type World } from "../../world.ts";

const RUNS = 1_500;

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world?.close());

/** Deterministic, so that a failure can be run again. */
function* randoms(seed: number): Generator<number> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    yield (state >>> 0) / 2 ** 32;
  }
}

const next = randoms(402);
const random = (below: number) => Math.floor((next.next().value as number) * below);
const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T;

const SCRAPS = [
  "",
  "0",
  "-1",
  "0x",
  "1e400",
  "NaN",
  "\0",
  "\u2028",
  "\ud800",
  "𝕏",
  "'; drop table x;--",
  "{{7*7}}",
  "a".repeat(9_000),
];
const leaf = (): unknown =>
  pick([
    () => pick(SCRAPS),
    () => random(2 ** 31) - 2 ** 30,
    () => random(2 ** 31) / 7,
    () => 2 ** random(1_024),
    () => null,
    () => pick([true, false]),
    () => `0x${"f".repeat(random(80))}`,
    () =>
      `https://${pick(["[::1]", "127.0.0.1", "0x7f.1", "localhost", "a..b", "%00", "ex ample", "169.254.169.254"])}/${pick(SCRAPS)}`,
  ])();

function value(depth: number): unknown {
  if (depth === 0 || random(3) > 0) return leaf();
  if (random(2) === 0) return Array.from({ length: random(4) }, () => value(depth - 1));
  return Object.fromEntries(
    Array.from({ length: random(4) }, () => [pick(["__proto__", "a", "x-y", "", "host"]), value(depth - 1)]),
  );
}

function damaged(): string {
  const fields = creation(world);
  const names = [
    ...Object.keys(fields),
    "p_description",
    "p_fee_bps_snapshot",
    "p_allowed_methods",
    "p_upstream_headers",
    "p_is_listed",
    "p_typo",
  ];
  for (let hits = 1 + random(3); hits > 0; hits--) fields[pick(names)] = value(3);
  const text = JSON.stringify(fields);
  const cut = random(text.length);
  return random(10) === 0 ? text.slice(0, cut) + pick(SCRAPS) + text.slice(cut + 1) : text;
}

describe("POST /api/402/apis with damaged bodies", () => {
  it(`answers ${RUNS} of them with 4xx, or 200 where the damage does no harm, and never with 5xx`, async () => {
    const counts: Record<number, number> = {};
    for (let run = 0; run < RUNS; run++) {
      const body = damaged();
      const answer = await world.ask("/api/402/apis", { method: "POST", headers: JSON_TYPE, body });
      expect(answer.status, `${body} → ${answer.text}`).toBeLessThan(500);
      if (answer.status !== 200)
        expect(answer.body, body).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      counts[answer.status] = (counts[answer.status] ?? 0) + 1;
    }
    expect(counts[400]).toBeGreaterThan(1_000);
    expect(world.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});
