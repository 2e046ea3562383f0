import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CODE_ORDERS } from "../../../api/limits.ts";
import type { World } from "../../world.ts";
import { createDice, type Dice } from "../bad-requests/dice.ts";
import type { TestKey } from "../balance/key.ts";
import { type OrderShop, openOrderShop, PRICE, passing } from "./order-shop.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];
const STEPS = 40;
const START = 20n * PRICE;
const OPEN = "select count(*)::int as open from app.code_order where due_at is not null";

/** Every way in which an order ended. */
const ends = new Set<string>();

let shop: OrderShop;
let other: World;
beforeAll(async () => {
  shop = await openOrderShop();
  other = await shop.world.sibling();
});
afterAll(() => shop?.world.close());

type Run = { dice: Dice; keys: TestKey[]; orders: { id: string; by: TestKey }[]; delivered: Map<string, string> };

const WANTED = [
  { service: "discord", country: "id" },
  { service: "discord", country: "gb" },
  { service: "mail", country: "id" },
  { service: "mail", country: "gb" },
];

/** Anything that a buyer, a supplier or the time can do. */
const MOVES: ((run: Run) => Promise<unknown> | undefined)[] = [
  buys,
  buys,
  buys,
  cancels,
  cancels,
  ({ dice, delivered }) => {
    const id = waiting(dice);
    if (!id) return undefined;
    delivered.set(id, String(1_000 + delivered.size));
    shop.supplier.deliver(id, String(delivered.get(id)));
  },
  ({ dice }) => {
    const id = dice.once(3) ? waiting(dice) : undefined;
    if (id) shop.supplier.takeBack(id);
    return undefined;
  },
  ({ dice }) => void shop.world.clock.advance(dice.pick([1, 3, 20, 130])),
  ({ dice }) => void Object.assign(shop.supplier, { isAway: dice.once(4) }),
  ({ dice }) => void Object.assign(shop.supplier, { earlySec: dice.once(2) ? 60 : undefined }),
  ({ dice }) =>
    void shop.supplier.refusals.push(
      dice.pick([{ kind: "unknown" }, { kind: "refused", reason: "no_numbers" }] as const),
    ),
];

function waiting(dice: Dice): string | undefined {
  return dice.pick(shop.supplier.sold.filter((id) => shop.supplier.stateOf(id) === "waiting"));
}

async function buys({ dice, keys, orders }: Run): Promise<void> {
  const by = dice.pick(keys);
  const headers: Record<string, string> = dice.once(2) ? { "Idempotency-Key": `name-${dice.roll(20)}` } : {};
  const answer = await shop.purchase(by, { body: dice.pick(WANTED), headers, at: dice.pick([shop.world, other]) });
  expect([200, 402, 409, 429, 502], answer.text).toContain(answer.status);
  if (answer.status === 200) orders.push({ id: answer.body.order_id, by });
}

async function cancels({ dice, orders }: Run): Promise<void> {
  const order = dice.pick(orders);
  if (!order) return;
  const answer = await shop.cancel(order.by, order.id, dice.pick([shop.world, other]));
  expect([200, 409], answer.text).toContain(answer.status);
}

describe.each(SEEDS)("whatever two processes, buyers, supplier and time do at once (%i)", (seed) => {
  it("nobody pays but for a code that he can read, and nothing stays held", async () => {
    const dice = createDice(seed);
    const keys = await Promise.all([shop.key(START), shop.key(START), shop.key(START)]);
    const run: Run = { dice, keys, orders: [], delivered: new Map() };
    for (let step = 0; step < STEPS; step++) {
      const moves = Array.from({ length: 1 + dice.roll(4) }, () => dice.pick(MOVES));
      await Promise.all(moves.map((move) => move(run)));
      await shop.audit();
    }
    Object.assign(shop.supplier, { isAway: false, earlySec: undefined });
    shop.supplier.refusals.length = 0;
    await ended();
    await shop.audit();
    await judge(run);
  });
});

const ended = () =>
  passing(
    shop.world,
    async () => {
      shop.world.clock.advance(CODE_ORDERS.leaseSec);
      return (await shop.world.server.deps.db.pool.query(OPEN)).rows[0].open;
    },
    0,
  );

async function judge({ keys, delivered }: Run): Promise<void> {
  const { rows } = await shop.world.server.deps.db.pool.query(
    "select * from app.code_order where account_id = any($1::bigint[])",
    [keys.map(({ accountId }) => accountId)],
  );
  for (const key of keys) {
    const charged = rows
      .filter(({ account_id, state }) => account_id === key.accountId && state === "received")
      .reduce((sum, { price_micro_usd }) => sum + BigInt(price_micro_usd), 0n);
    expect(await key.balance()).toBe(START - charged);
  }
  for (const { activation_id, code, late_code } of rows)
    expect(code ?? late_code ?? undefined).toBe(delivered.get(activation_id));
  for (const { state } of rows) ends.add(state);
}

it("has seen every end there is", () => {
  expect([...ends].sort()).toEqual(["cancelled", "expired", "failed", "received"]);
});
