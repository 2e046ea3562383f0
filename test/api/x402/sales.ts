import { ApiError, invalidField } from "../../../api/errors.ts";
import { type JsonObject, NotYet, type Order, type Sale } from "../../../api/sale.ts";

/** Sales of a test, and what came of them. */
export type TestSales = {
  readonly all: readonly Sale[];
  /** Order ids in the order in which a sale had its effect. */
  readonly effects: string[];
  /** Every time that a sale was asked to fulfil, effect or not. */
  readonly asked: string[];
  readonly revoked: string[];
  /** The next fulfilments end so, before any effect. */
  readonly failures: Error[];
  /** While true, the slow sale does not know its outcome. */
  isSlow: boolean;
  /** What holds up fulfilment, if anything. */
  hold: Promise<unknown> | undefined;
  /** What the second sale gives for nothing to who is signed in. */
  included: JsonObject | undefined;
};

export const GREETING = "/api/v1/test/greeting";
export const KEY = "/api/v1/test/key";
export const SLOW = "/api/v1/test/slow";
export const SECOND = "/api/v1/test/second";

export const PRICE = 50_000n;

/** A plain sale, one more at the same price, one with a secret in its answer, and one that may take its time. */
export function createTestSales(): TestSales {
  const effects: string[] = [];
  const asked: string[] = [];
  const revoked: string[] = [];
  const failures: Error[] = [];
  const fulfil = async (order: Order, answer: JsonObject) => {
    asked.push(order.id);
    await sales.hold;
    const failure = failures.shift();
    if (failure) throw failure;
    if (!effects.includes(order.id)) effects.push(order.id);
    return answer;
  };
  const sale = (id: string, path: Sale["path"], more: Partial<Sale> & Pick<Sale, "fulfil">): Sale => ({
    id,
    method: "POST",
    path,
    priceMicroUsd: PRICE,
    description: `Sells a ${id}`,
    docs: { summary: id, inputSchema: {}, exampleInput: {}, exampleOutput: {} },
    prepare,
    revoke: async ({ id: orderId }) => void revoked.push(orderId),
    ...more,
  });
  const all = [
    sale("test.greeting", GREETING, {
      fulfil: (order) => fulfil(order, { success: true, greeting: `hello ${order.input.name}` }),
    }),
    sale("test.second", SECOND, {
      covered: async () => sales.included && { answer: sales.included, isReplay: false },
      fulfil: (order) => fulfil(order, { success: true, second: order.input.name ?? null }),
    }),
    sale("test.key", KEY, {
      secrets: ["api_key"],
      fulfil: (order) => fulfil(order, { success: true, api_key: `secret-of-${order.id}`, plan: "basic" }),
    }),
    sale("test.slow", SLOW, {
      fulfil: async (order) => {
        if (sales.isSlow) throw new NotYet(1);
        return fulfil(order, { success: true, slow: true });
      },
    }),
  ];
  const sales: TestSales = {
    all,
    effects,
    asked,
    revoked,
    failures,
    isSlow: false,
    hold: undefined,
    included: undefined,
  };
  return sales;
}

async function prepare({ body }: { body: unknown }): Promise<JsonObject> {
  const { name, soldOut } = (body ?? {}) as { name?: unknown; soldOut?: unknown };
  if (soldOut === true) throw new ApiError("out_of_stock");
  if (typeof name !== "string") throw invalidField("name", "must be a string");
  return { name };
}
