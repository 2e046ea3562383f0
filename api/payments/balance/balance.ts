import { Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { callerAccount, isHis } from "../../identity/account.ts";
import { type Answer, coveredAnswer } from "../../identity/answer.ts";
import { keyHolder } from "../../identity/api-key.ts";
import type { Asked } from "../../identity/asked.ts";
import { credentialsOf } from "../../identity/call.ts";
import { orderIdOf } from "../../identity/order-id.ts";
import type { Sale } from "../../sale.ts";
import { type AlarmDeps, createAlarm } from "./alarm.ts";
import { answerOf, NO_STORE, orderBody } from "./answers.ts";
import { buy } from "./buy.ts";
import { type FulfilDeps, fulfil } from "./fulfil.ts";
import { findOrder, takeDue } from "./orders.ts";

export type BalanceDeps = Pick<Deps, "publicUrl" | "db" | "clock" | "log" | "stopping"> & {
  /** Everything that can be bought; orders on record name them by id. */
  readonly sales: readonly Sale[];
};

export type BalanceTill = {
  /** Answers a call that an API key pays for. @throws ApiError those of `keyHolder` and `buy` */
  sell(asked: Asked): Promise<Answer>;
  /** How an order stands; undefined when it is none that is his. @throws ApiError unauthorized, invalid_api_key */
  tellOrder(id: string | undefined, credentials: Asked["credentials"]): Promise<Record<string, unknown> | undefined>;
  /** `/orders/:id` under /api/v1, for orders that were paid from a balance; others are left to the next handler. */
  readonly orderRoutes: Hono;
  /** One round of the worker over orders that no request works on any more. The first takes up what a process before this one left behind. */
  reconcile(): Promise<void>;
  /** Tells the operator of orders that get nowhere. */
  alarm(): Promise<void>;
};

/** The third way to pay: an API key, whose account's balance is debited at the retail price. */
export function openBalance(deps: BalanceDeps & AlarmDeps): BalanceTill {
  const saleIds = deps.sales.map(({ id }) => id);
  const tellOrder = tellerOf(deps);
  let isFirst = true;
  return {
    sell: (asked) => sell(deps, asked),
    tellOrder,
    orderRoutes: orderRoutes(tellOrder),
    reconcile: async () => {
      await reconcile(deps, isFirst ? ALL_MS : deps.clock.nowMs());
      isFirst = false;
    },
    alarm: createAlarm(deps, saleIds),
  };
}

async function sell(deps: BalanceDeps, { sale, requestId, credentials, call }: Asked): Promise<Answer> {
  const by = await keyHolder(deps, credentials().apiKey);
  const bought = await buy(deps, { sale, call: await call(), by });
  if (bought.kind === "covered") return coveredAnswer(bought);
  const { order, isReplay } = bought;
  return answerOf(order, { publicUrl: deps.publicUrl, requestId, isReplay });
}

function orderRoutes(tellOrder: BalanceTill["tellOrder"]): Hono {
  const routes = new Hono();
  routes.get("/orders/:id", async (c, next) => {
    const body = await tellOrder(orderIdOf(c), () => credentialsOf(c));
    return body ? c.json(body, { headers: NO_STORE }) : next();
  });
  return routes;
}

/** Nobody but its buyer and its account is told that there is such an order. */
const tellerOf =
  (deps: BalanceDeps): BalanceTill["tellOrder"] =>
  async (id, credentials) => {
    const order = id === undefined ? undefined : await findOrder(deps.db.pool, id);
    if (!order) return undefined;
    return isHis(await callerAccount(deps, credentials()), order) ? orderBody(order) : undefined;
  };

/** Other processes leave what was taken alone for so long. */
const LEASE_MS = 60_000;
const AT_ONCE = 8;
/** Later than anything is ever due. */
const ALL_MS = Date.parse("9999-12-31T00:00:00Z");

async function reconcile(deps: BalanceDeps & FulfilDeps, dueBeforeMs: number): Promise<void> {
  const sales = new Map(deps.sales.map((sale) => [sale.id, sale]));
  const due = await takeDue(deps.db.pool, [...sales.keys()], {
    dueBeforeMs,
    nextMs: deps.clock.nowMs() + LEASE_MS,
  });
  const lane = async () => {
    for (let order = due.pop(); order; order = due.pop()) {
      const { id, saleId } = order;
      await fulfil(deps, sales.get(saleId) as Sale, order).catch((error: unknown) =>
        deps.log.error({ orderId: id, err: error }, "a paid order is left to a later round"),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
