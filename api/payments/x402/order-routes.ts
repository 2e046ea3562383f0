import { Hono } from "hono";
import { ApiError } from "../../errors.ts";
import { orderIdOf } from "../../identity/order-id.ts";
import { type SiweDeps, signedInWallet } from "../../identity/siwe.ts";
import { dollarsOf } from "../../prices.ts";
import type { Sale } from "../../sale.ts";
import { creditOf, toldAnswer } from "./answers.ts";
import type { PaidOrder } from "./order.ts";
import type { Orders } from "./orders.ts";

export type OrderTellerDeps = SiweDeps & {
  readonly orders: Pick<Orders, "find">;
  saleOf(saleId: string): Sale | undefined;
};

/** How orders stand. */
export function orderRoutes(tell: OrderTeller): Hono {
  const routes = new Hono();
  routes.get("/orders/:id", async (c) => {
    const body = await tell(orderIdOf(c), c.req.header("authorization"));
    if (!body) throw new ApiError("not_found", { message: "There is no such order." });
    return c.json(body, { headers: { "Cache-Control": "no-store" } });
  });
  return routes;
}

/**
 * How an order stands; undefined when there is none. Its id is told to its buyer alone; what is secret about it takes a
 * sign-in besides.
 *
 * @throws ApiError unauthorized
 */
export type OrderTeller = (
  id: string | undefined,
  authorization: string | undefined,
) => Promise<Record<string, unknown> | undefined>;

export function createOrderTeller(deps: OrderTellerDeps): OrderTeller {
  return async (id, authorization) => {
    const order = id === undefined ? undefined : await deps.orders.find(id);
    if (!order) return undefined;
    const isBuyer = await isPayer(deps, order, authorization);
    return orderBody(order, { sale: deps.saleOf(order.saleId), isBuyer });
  };
}

async function isPayer(deps: SiweDeps, order: PaidOrder, authorization: string | undefined): Promise<boolean> {
  if (authorization === undefined) return false;
  const { address, onlyChainId } = await signedInWallet(deps, authorization);
  const isHere = onlyChainId === undefined || onlyChainId === order.chainId;
  return isHere && address.toLowerCase() === order.payer;
}

async function orderBody(order: PaidOrder, { sale, isBuyer }: { sale: Sale | undefined; isBuyer: boolean }) {
  return {
    success: true,
    order_id: order.id,
    status: order.state,
    item: order.saleId,
    payer: order.payer,
    network: `eip155:${order.chainId}`,
    price_usd: dollarsOf(order.priceMicroUsd),
    // Before that it is somebody's word.
    transaction: (order.settledMicroUsd !== undefined && order.txHash) || null,
    is_final: order.isFinal,
    created_at: new Date(order.createdAtMs).toISOString(),
    ...(order.reason && { reason: order.reason }),
    ...(order.state === "credited" && { credit: creditOf(order) }),
    // What a sale kept secret cannot be told from the rest once the sale is gone.
    ...(order.state === "fulfilled" && sale && { answer: await toldAnswer(order, { sale, knowsSecrets: isBuyer }) }),
  };
}
