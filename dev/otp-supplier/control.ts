import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { decimalUsdOf, microUsdOf } from "../../api/providers/otp/usd.ts";
import type { Books } from "./books.ts";
import { type createFaults, fault } from "./faults.ts";
import type { Shelf } from "./shelves.ts";
import type { Shop } from "./shop.ts";

const usd = z.string().refine((amount) => microUsdOf(amount) !== undefined, "needs dollars, such as 0.05");

const goods = z.strictObject({
  service: z.string(),
  country: z.string(),
  costUsd: usd.optional(),
  stock: z.int().min(0).optional(),
});

/** Anything that the supplier can be told to do otherwise than usual. */
const order = z.union([
  z.strictObject({ fault }),
  /** When the text of the next number comes, or of the next `times`. */
  z.strictObject({
    code: z.union([z.enum(["now", "never", "late"]), z.number().min(0)]),
    times: z.int().min(1).max(1_000).optional(),
  }),
  z.strictObject({ goods }),
  z.strictObject({ balanceUsd: usd }),
  /** Forgets faults and codes that were ordered. */
  z.strictObject({ usual: z.literal(true) }),
]);
const delivery = z.strictObject({ activation_id: z.string(), text: z.string().min(1).max(2_000) });

export type Order = z.infer<typeof order>;

type ControlDeps = { books: Books; shelves: Shelf[]; shop: Shop; faults: ReturnType<typeof createFaults> };

/** The other side of the counter: `/sandbox/…`, for tests and for whoever tries things out. */
export function createControl(deps: ControlDeps) {
  const { books, shop, faults } = deps;
  const take = (wanted: Order): void => {
    if ("fault" in wanted) faults.order(wanted.fault);
    else if ("code" in wanted) shop.plan(wanted.code, wanted.times ?? 1);
    else if ("goods" in wanted) restock(deps.shelves, wanted.goods);
    else if ("balanceUsd" in wanted)
      books.enter(`funds:${randomUUID()}`, (microUsdOf(wanted.balanceUsd) as bigint) - shop.balanceMicroUsd());
    else {
      faults.forget();
      shop.forgetPlans();
    }
  };
  const routes: Record<string, (body: unknown) => unknown> = {
    "POST /sandbox/orders": (body) => ({ taken: take(order.parse(body)) === undefined }),
    "POST /sandbox/deliver": (body) => {
      const { activation_id, text } = delivery.parse(body);
      return { taken: shop.deliver(activation_id, text) };
    },
    "GET /sandbox/activations": () => shop.activations(),
    "GET /sandbox/balance": () => ({ balance_usd: decimalUsdOf(shop.balanceMicroUsd()) }),
  };
  return {
    order: take,
    deliver: shop.deliver,
    answer: async (path: string, request: IncomingMessage, response: ServerResponse) => {
      const route = routes[`${request.method} ${path}`];
      response.setHeader("Content-Type", "application/json");
      if (!route) return void response.writeHead(404).end(JSON.stringify({ paths: Object.keys(routes) }));
      try {
        response.end(told(route(request.method === "POST" ? await json(request) : undefined)));
      } catch (error) {
        response.writeHead(400).end(told({ error: complaint(error) }));
      }
    },
  };
}

function restock(shelves: Shelf[], { service, country, costUsd, stock }: z.infer<typeof goods>): void {
  const shelf = shelves.find((one) => one.service === service && one.country === country);
  if (!shelf) throw new Error(`there is no ${service} in ${country}`);
  if (costUsd !== undefined) shelf.costMicroUsd = microUsdOf(costUsd) as bigint;
  if (stock !== undefined) shelf.stock = stock;
}

const complaint = (error: unknown): string =>
  error instanceof z.ZodError ? "the body is not as `node dev/otp-supplier.ts --help` tells" : (error as Error).message;

async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const told = (body: unknown): string =>
  JSON.stringify(body, (_, value) => (typeof value === "bigint" ? value.toString() : value));
