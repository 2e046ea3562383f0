import type { ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { ApiError, invalidField } from "../../errors.ts";
import { callerAccount } from "../../identity/account.ts";
import { responseOf } from "../../identity/answer.ts";
import { callOf, credentialsOf, requestIdOf } from "../../identity/call.ts";
import { orderIdOf } from "../../identity/order-id.ts";
import { pageFields } from "../../identity/page.ts";
import { preferredWaitSec } from "../../payments/session/wait.ts";
import type { JsonObject } from "../../sale.ts";
import { orderFields } from "./answers.ts";
import type { Browse } from "./catalog.ts";
import type { CodeDesk, Looked, Selling } from "./desk.ts";
import { ORDER_STATES, type OrderState } from "./order.ts";
import { listOrders } from "./orders.ts";
import { readPage } from "./page.ts";

/** One-time codes, under /api/v1: what can be had, and the orders of it. */
export function codeOrderRoutes(deps: Deps, desk: CodeDesk): Hono {
  const routes = new Hono();
  if (desk.selling) sellingRoutes(routes, deps, desk.selling);
  else for (const path of SELLING) routes.all(path, () => Promise.reject(new ApiError("not_offered")));
  orderRoutes(routes, deps, desk);
  return routes;
}

const SELLING = ["/catalog/services", "/catalog/countries", "/customer/purchase"];

function sellingRoutes(routes: Hono, deps: Deps, { services, countries, purchase }: Selling): void {
  const list = (path: string, verb: (browse: Browse) => Promise<JsonObject>) =>
    routes.get(path, async (c) => c.json(await verb(browseOf(deps, c)), { headers: NO_STORE }));
  list("/catalog/services", services);
  list("/catalog/countries", countries);
  routes.post("/customer/purchase", async (c) => {
    const asked = { requestId: requestIdOf(c), credentials: () => credentialsOf(c), call: () => callOf(c) };
    return responseOf(await purchase(asked));
  });
  routes.all("/customer/purchase", postOnly);
}

function orderRoutes(routes: Hono, deps: Deps, desk: CodeDesk): void {
  routes.get("/customer/orders", async (c) => c.json(await history(deps, c), { headers: NO_STORE }));
  routes.get("/customer/order/:id", async (c) => {
    const { body, againSec } = await looked(desk, c);
    return c.json(body, {
      headers: { ...NO_STORE, ...(againSec !== undefined && { "Retry-After": String(againSec) }) },
    });
  });
  routes.post("/customer/cancel/:id", async (c) =>
    c.json(await desk.cancel(credentialsOf(c), orderIdOf(c)), { headers: NO_STORE }),
  );
  routes.all("/customer/cancel/:id", postOnly);
}

const NO_STORE = { "Cache-Control": "no-store" };

function postOnly(c: Context): never {
  outgoing(c).setHeader("Allow", "POST");
  throw new ApiError("method_not_allowed");
}

const outgoing = (c: Context) => (c.env as { outgoing: ServerResponse }).outgoing;

/** As callers reach us, whatever stands in front. */
function browseOf({ publicUrl }: Pick<Deps, "publicUrl">, c: Context): Browse {
  const { pathname, search, searchParams } = new URL(c.req.url);
  return { query: searchParams, url: publicUrl + pathname + search };
}

async function looked(desk: CodeDesk, c: Context): Promise<Looked> {
  const gone = new AbortController();
  outgoing(c).once("close", () => gone.abort());
  const waitSec = preferredWaitSec(c.req.header("prefer"));
  return desk.order(credentialsOf(c), { orderId: orderIdOf(c), waitSec, gone: gone.signal });
}

async function history(deps: Deps, c: Context): Promise<JsonObject> {
  const { accountIds, onlyKeyId } = await callerAccount(deps, credentialsOf(c));
  const { query, url } = browseOf(deps, c);
  const page = readPage(query);
  const { orders, total } = await listOrders(deps.db.pool, { ...page, accountIds, onlyKeyId, state: stateOf(query) });
  return { success: true, orders: orders.map(orderFields), ...pageFields({ ...page, total, url }) };
}

function stateOf(query: URLSearchParams): OrderState | undefined {
  const given = query.get("status");
  if (given === null) return undefined;
  const state = ORDER_STATES.find((known) => known === given);
  if (!state) throw invalidField("status", `must be one of ${ORDER_STATES.join(", ")}`);
  return state;
}
