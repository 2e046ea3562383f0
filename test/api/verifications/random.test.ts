import { afterAll, beforeAll, expect, it } from "vitest";
import { openBalance } from "../../../api/payments/balance/balance.ts";
import { buy } from "../../../api/payments/balance/buy.ts";
import { lookupSale } from "../../../api/products/lookup/lookup.ts";
import { startSale } from "../../../api/products/verifications/start.ts";
import { guess } from "../../../api/products/verifications/verification.ts";
import { collectEvents } from "../../../api/providers/phone/collect.ts";
import type { NumberFacts, PhoneProvider, Refused, Unknown } from "../../../api/providers/phone.ts";
import { createDice } from "../bad-requests/dice.ts";
import { keyWith } from "../balance/key.ts";
import { mortal } from "../phone/mortal.ts";
import { CHAIN_ID, createPhoneWorld, type PhoneWorld, wallet } from "../phone/phone-world.ts";
import { createRecklessCarrier } from "../phone/random/reckless-carrier.ts";

const RUNS = 200;
const DEPOSIT = 10_000_000_000n;

let world: PhoneWorld;
beforeAll(async () => {
  world = await createPhoneWorld();
});
afterAll(() => world?.close());

const dice = createDice(6);
const secretsKey = Buffer.alloc(32, 7);

/** As reckless as it is with texts; what it was given to say, and how often it has taken its fee for a number. */
function openCarrier() {
  const reckless = createRecklessCarrier(world.clock, dice);
  const codes = new Map<string, string>();
  const fees = new Map<string, number>();
  const carrier: PhoneProvider = {
    ...reckless,
    sendMessage: (text) => {
      codes.set(text.reference, /\d{6}/.exec(text.text)?.[0] ?? "");
      return reckless.sendMessage(text);
    },
    lookUp: async (phoneNumber): Promise<NumberFacts | Refused | Unknown> => {
      if (dice.once(6)) return { kind: "refused", reason: "recipient_refused" };
      fees.set(phoneNumber, (fees.get(phoneNumber) ?? 0) + 1);
      if (dice.once(6)) throw new Error("the answer broke off");
      return dice.once(6) ? { kind: "unknown" } : { kind: "facts", lineType: "mobile", carrier: undefined };
    },
  };
  return { carrier, codes, fees, effects: reckless.effects };
}

type Row = { id: string; sale_id: string; state: string; reason: string | null; price: string; number: string };

const ORDERS = `
  select id, sale_id, state, reason, price_micro_usd as price, input->>'phoneNumber' as number from app.balance_order`;

async function openShop() {
  const { carrier, codes, fees, effects } = openCarrier();
  const seat = { server: { deps: world.deps } as never, clock: world.clock };
  const key = await keyWith(seat, { microUsd: DEPOSIT, of: wallet.address });
  const holder = { address: wallet.address, chainId: CHAIN_ID };
  const by = { keyId: key.keyId, accountId: key.accountId, holder, mayManage: true };
  let killed = 0;
  let asked = 0;
  const processOf = (isMortal: boolean) => {
    const step = isMortal ? 1 + dice.roll(120) : Number.POSITIVE_INFINITY;
    const death = { step, when: dice.pick(["before", "after"] as const) };
    const { deps: doomed, lived } = mortal({ ...world.deps, phone: carrier, secretsKey }, death);
    const deps = { ...doomed, stopping: new AbortController().signal };
    const phone = deps.phone as PhoneProvider & Required<Pick<PhoneProvider, "lookUp">>;
    const sales = [startSale(deps), lookupSale({ ...deps, phone })] as const;
    return { deps, lived, sales, till: openBalance({ ...deps, sales }) };
  };
  const live = async (isMortal: boolean, purchases: number) => {
    const { deps, lived, sales, till } = processOf(isMortal);
    const buying = Array.from({ length: purchases }, () => {
      const number = `+1212555${String(++asked).padStart(4, "0")}`;
      return buy(deps, { sale: dice.pick(sales), call: world.call({ to: number, phoneNumber: number }), by });
    });
    await Promise.allSettled([...buying, till.reconcile(), collectEvents(deps)]);
    if (!lived()) killed++;
  };
  const rows = async () => (await world.pool.query<Row>(ORDERS)).rows;
  const timesOf = ({ sale_id, id, number }: Row) => (sale_id === "lookup" ? fees.get(number) : effects.get(id)) ?? 0;
  return { live, rows, codes, timesOf, killed: () => killed, balance: key.balance };
}

type Shop = Awaited<ReturnType<typeof openShop>>;

const isHad = ({ state }: Row) => state === "fulfilled";

/** Orders of which one thing is not as it has to be: had once and paid, or given back. */
const wrong = ({ timesOf }: Shop, orders: readonly Row[]): Row[] =>
  orders.filter((order) => {
    const times = timesOf(order);
    if (isHad(order)) return times !== 1;
    // Of which nobody has heard, it may have been had; it is not charged.
    return times > (order.reason === "no_answer" ? 1 : 0);
  });

/** The codes that left are those that are taken. */
async function unknownCodes({ codes }: Shop, orders: readonly Row[]): Promise<string[]> {
  await world.pool.query("update app.verification set expires_at = expires_at + interval '1 year'");
  const { rows } = await world.pool.query("select order_id, verification_id from app.verification");
  const ids = new Map(rows.map(({ order_id, verification_id }) => [order_id, verification_id]));
  const started = orders.filter((order) => isHad(order) && order.sale_id === "verifications.start");
  const taken = started.map(async ({ id }) => {
    const tried = { verificationId: ids.get(id), code: codes.get(id) ?? "" };
    return (await guess({ ...world.deps, secretsKey }, tried))?.approvedAt ? [] : [id];
  });
  return (await Promise.all(taken)).flat();
}

it(`${RUNS} verifications and look-ups are had once or credited, whatever the carrier does and whoever is killed`, async () => {
  const shop = await openShop();
  while ((await shop.rows()).length < RUNS) {
    await Promise.all(Array.from({ length: 10 }, () => shop.live(!dice.once(4), 5)));
    world.clock.advance(dice.pick([1, 2, 5, 30, 70]));
  }
  while ((await shop.rows()).some(({ state }) => state === "held")) {
    await shop.live(false, 0);
    world.clock.advance(61);
  }
  const orders = await shop.rows();
  expect(wrong(shop, orders)).toEqual([]);
  expect(await unknownCodes(shop, orders)).toEqual([]);
  const charged = orders.filter(isHad).reduce((sum, { price }) => sum + BigInt(price), 0n);
  expect(await shop.balance()).toBe(DEPOSIT - charged);
  expect(shop.killed()).toBeGreaterThan(20);
  expect(orders.filter((order) => !isHad(order)).length).toBeGreaterThan(20);
});
