import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AccountId, hold, openAccount } from "../../../api/ledger.ts";
import { holding, listening, sums } from "../ledger/ledger-world.ts";
import { type Counter, openCounter, signedInAs } from "./counter.ts";
import { wallet } from "./payer.ts";
import { GREETING, PRICE, SLOW } from "./sales.ts";

let counter: Counter;
beforeAll(async () => {
  counter = await openCounter();
});
afterAll(() => counter?.world.close());
beforeEach(() => {
  Object.assign(counter.facilitator, { carries: true, hold: undefined, says: undefined });
});

const pool = () => counter.world.server.deps.db.pool;
const houses = ["chain", "escrow", "sales", "loss"];
/** An order's movements, as `from > to amount`. */
const movements = async (orderId: string): Promise<string[]> => {
  const text =
    "select kind, debit_id, credit_id, amount_micro_usd from app.ledger_entry where order_id = $1 order by entry_id";
  const { rows } = await pool().query(text, [orderId]);
  const name = (id: string) => houses[Number(id) - 1] ?? "customer";
  return rows.map((row) => `${row.kind}: ${name(row.debit_id)} > ${name(row.credit_id)} ${row.amount_micro_usd}`);
};
const passing = <T>(see: () => Promise<T>, wanted: T) =>
  expect
    .poll(
      async () => {
        counter.world.clock.advance(5);
        return see();
      },
      { interval: 20, timeout: 20_000 },
    )
    .toBe(wanted);
const becomes = (id: string, state: string) =>
  passing(
    async () => (await pool().query("select state from app.x402_order where id = $1", [id])).rows[0].state,
    state,
  );

async function bought(path = GREETING, failure?: Error) {
  const payer = wallet();
  const paying = await counter.sign({ payer, validForSec: 120 }, path);
  if (failure) counter.sales.failures.push(failure);
  const answer = await counter.pay(paying, { path });
  const { from, nonce } = paying.signed.authorization;
  const { rows } = await pool().query("select id from app.x402_order where nonce = $1", [nonce]);
  const lose = () => {
    counter.facilitator.carries = false;
    counter.facilitator.taken.clear();
    counter.world.indexed.removeSettlement({ payer: from, nonce });
  };
  const arrive = (amount: bigint) => void counter.world.indexed.addSettlement({ payer: from, nonce, amount });
  return { id: rows[0].id as string, payer, answer, lose, arrive };
}

const accountOf = (address: `0x${string}`): Promise<AccountId> => openAccount(pool(), { address, chainId: 8453 });

describe("the money of a paid call", () => {
  it("comes from the chain, is held until it is fulfilled, and is ours then", async () => {
    const { id } = await bought();
    expect(await movements(id)).toEqual([`payment: chain > escrow ${PRICE}`, `capture: escrow > sales ${PRICE}`]);
  });

  it("is held while the outcome is not known", async () => {
    counter.sales.isSlow = true;
    const { id } = await bought(SLOW);
    expect(await movements(id)).toEqual([`payment: chain > escrow ${PRICE}`]);
    counter.sales.isSlow = false;
    await becomes(id, "fulfilled");
    expect(await movements(id)).toHaveLength(2);
  });

  it("is the payer's, where it could not be fulfilled", async () => {
    const { id, payer } = await bought(GREETING, new Error("sold out after all"));
    expect(await movements(id)).toEqual([`payment: chain > escrow ${PRICE}`, `credit: escrow > customer ${PRICE}`]);
    expect((await counter.balanceOf(payer)).body).toMatchObject({ balance_usd: 0.05, balance_micro_usd: "50000" });
  });
});

describe("the money that a reorg took back", () => {
  it("goes from where it is: our sales", async () => {
    const { id, lose } = await bought();
    lose();
    await becomes(id, "revoked");
    expect((await movements(id))[2]).toBe(`reversal: sales > chain ${PRICE}`);
  });

  it("goes from the payer's balance as far as it is there; the rest is our loss, and the operator is told", async () => {
    const { id, payer, lose } = await bought(GREETING, new Error("sold out after all"));
    const held = holding(await accountOf(payer.address), 30_000n);
    await hold(pool(), held);
    lose();
    await becomes(id, "revoked");
    expect((await movements(id)).slice(2)).toEqual([
      "reversal: customer > chain 20000",
      "reversal: loss > chain 30000",
    ]);
    expect((await counter.balanceOf(payer)).body).toMatchObject({ balance_usd: 0, credits: [] });
    const told = counter.world.logs.filter((line) => line.includes("took back what was spent"));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([{ level: 50, orderId: id, lostMicroUsd: "30000" }]);
  });

  it("and gave again, less of it, makes good what we lost before the payer has anything of it", async () => {
    const { id, payer, arrive } = await bought(GREETING, new Error("sold out after all"));
    await hold(pool(), holding(await accountOf(payer.address), PRICE));
    for (const [amount, after] of [
      [20_000n, 4],
      [45_000n, 6],
    ] as const) {
      arrive(amount);
      await passing(async () => (await movements(id)).length, after);
    }
    expect((await movements(id)).slice(2)).toEqual([
      `reversal: loss > chain ${PRICE}`,
      "credit: chain > loss 20000",
      "reversal: loss > chain 20000",
      "credit: chain > loss 45000",
    ]);
    arrive(2n * PRICE);
    await passing(async () => (await movements(id)).length, 9);
    expect((await movements(id)).slice(6)).toEqual([
      "reversal: loss > chain 45000",
      `credit: chain > loss ${PRICE}`,
      `credit: chain > customer ${PRICE}`,
    ]);
    expect((await counter.balanceOf(payer)).body).toMatchObject({ balance_micro_usd: String(PRICE) });
  });

  it("leaves the books balanced", async () => {
    const { db } = counter.world.server.deps;
    expect(Object.values(await sums({ db })).reduce((a, b) => a + b)).toBe(0n);
  });
});

describe("a top-up", () => {
  it("is a balance that its key and its payer read, with what became of it", async () => {
    const path = "/api/v1/x402/topup";
    const payer = wallet();
    const paying = await counter.sign({ payer }, path);
    const told = await listening(counter.world.server.deps, payer.address);
    const { status, body } = await counter.pay(paying, { path, body: {} });
    expect(status).toBe(200);
    const byKey = { headers: { "X-API-Key": body.api_key } };
    const bySignIn = { headers: await signedInAs(counter.world, payer) };
    const { id } = (
      await pool().query("select id from app.x402_order where nonce = $1", [paying.signed.authorization.nonce])
    ).rows[0];
    const data = { order_id: id, amount_micro_usd: "5000000", payer: payer.address.toLowerCase() };
    expect(await told()).toMatchObject([{ type: "topup.credited", data }]);
    expect(await movements(id)).toEqual(["payment: chain > escrow 5000000", "topup: escrow > customer 5000000"]);
    for (const ask of [byKey, bySignIn])
      expect((await counter.world.ask("/api/v1/balance", ask)).body).toMatchObject({
        success: true,
        address: payer.address,
        balance_usd: 5,
        balance_micro_usd: "5000000",
        credits: [],
      });
    const accountId = await accountOf(payer.address);
    for (let i = 1; i <= 3; i++) await hold(pool(), holding(accountId, BigInt(i) * 10_000n));
    const { body: first } = await counter.world.ask("/api/v1/transactions?limit=3", bySignIn);
    expect(first).toMatchObject({ success: true, total: 4, limit: 3, offset: 0 });
    const { body: last } = await counter.world.ask(new URL(first.next).pathname + new URL(first.next).search, bySignIn);
    expect([last.transactions.length, last.next, last.offset]).toEqual([1, null, 3]);
    const all = [...first.transactions, ...last.transactions];
    // A key that may not manage reads what it brought and bought.
    expect((await counter.world.ask("/api/v1/transactions", byKey)).body).toMatchObject({
      total: 1,
      transactions: [{ kind: "topup", amount_usd: 5 }],
    });
    const amounts = all.map(({ kind, amount_usd }) => `${kind} ${amount_usd}`).sort();
    expect(amounts).toEqual(["purchase -0.01", "purchase -0.02", "purchase -0.03", "topup 5"]);
    const { transaction } = (await counter.world.ask(`/api/v1/orders/${id}`)).body;
    expect(all.find(({ kind }) => kind === "topup")).toMatchObject({ amount_usd: 5, order_id: id, transaction });
    expect(transaction).toMatch(/^0x[0-9a-f]{64}$/);
  });
});

describe("GET /api/v1/transactions", () => {
  it("is empty for a wallet that never paid, and nobody else's", async () => {
    const answer = await counter.world.ask("/api/v1/transactions", {
      headers: await signedInAs(counter.world, wallet()),
    });
    expect(answer.body).toMatchObject({ total: 0, next: null, transactions: [] });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await counter.world.ask("/api/v1/transactions")).status).toBe(401);
    const unknown = { headers: { "X-API-Key": `tpk_${"A".repeat(43)}` } };
    expect((await counter.world.ask("/api/v1/transactions", unknown)).body.error).toBe("invalid_api_key");
    expect((await counter.world.ask("/api/v1/balance", unknown)).status).toBe(401);
  });
});
