import { z } from "zod";
import { microUsdOf } from "../../../api/providers/otp/usd.ts";
import type { Counter } from "./counter.ts";
import { type Fault, fault, type Plan, plan } from "./faults.ts";
import { receive } from "./receipts.ts";

const usd = z.string().refine((amount) => microUsdOf(amount) !== undefined, "needs dollars, such as 0.05");
const goodsShape = z.strictObject({
  country: z.string(),
  monthlyUsd: usd.optional(),
  upfrontUsd: usd.optional(),
  stock: z.int().min(0).max(800).optional(),
});
const habits = z.strictObject({
  /** Its records do not say where the news of a text goes. */
  bareRecords: z.boolean().optional(),
  /** Tells nobody anything. */
  mute: z.boolean().optional(),
});
/** Anything that the carrier can be told to do otherwise than usual. */
const order = z.union([
  z.strictObject({ fault }),
  z.strictObject({ plan }),
  z.strictObject({ goods: goodsShape }),
  z.strictObject({ balanceUsd: usd }),
  habits,
  /** Forgets faults and plans that were ordered. */
  z.strictObject({ usual: z.literal(true) }),
]);
export type Order = { fault: Fault } | { plan: Plan } | z.infer<typeof order>;
const inbound = z.strictObject({ from: z.string(), to: z.string(), text: z.string().max(2_000) });

/** The other side of the counter: `/sandbox/…`, for tests and for whoever tries things out. */
export function createControl(counter: Counter) {
  const { state, faults } = counter;
  const take = (wanted: Order): void => {
    if ("fault" in wanted) faults.order(wanted.fault as Fault);
    else if ("plan" in wanted) faults.plan(wanted.plan);
    else if ("balanceUsd" in wanted) state.balanceMicroUsd = microUsdOf(wanted.balanceUsd) as bigint;
    else if ("usual" in wanted) faults.forget();
    else if ("goods" in wanted) restock(state, wanted.goods);
    else become(state, wanted);
  };
  const routes: Record<string, (body: unknown) => unknown> = {
    "POST /sandbox/faults": (body) => ({ taken: take(order.parse(body)) === undefined }),
    "POST /sandbox/inbound": async (body) => ({ id: await receive(counter, inbound.parse(body)) }),
    "GET /sandbox/messages": () => state.texts,
    "GET /sandbox/numbers": () => [...state.held.values()],
  };
  return {
    order: take,
    /** Undefined: there is no such thing. */
    answer: async (method: string, path: string, body: unknown): Promise<{ status: number; body: unknown }> => {
      const route = routes[`${method} ${path}`];
      if (!route) return { status: 404, body: { paths: Object.keys(routes) } };
      try {
        return { status: 200, body: await route(body) };
      } catch (error) {
        const isShape = error instanceof z.ZodError;
        const told = isShape
          ? "the body is not as `node dev/carriers/telnyx.ts --help` tells"
          : (error as Error).message;
        return { status: 400, body: { error: told } };
      }
    },
  };
}

function restock({ shelves }: Counter["state"], { country, ...goods }: z.infer<typeof goodsShape>): void {
  const shelf = shelves.find((one) => one.country === country);
  if (!shelf) throw new Error(`there is nothing in ${country}`);
  Object.assign(shelf, goods);
}

function become(state: Counter["state"], { bareRecords, mute }: z.infer<typeof habits>): void {
  state.hasBareRecords = bareRecords ?? state.hasBareRecords;
  state.isMute = mute ?? state.isMute;
}
