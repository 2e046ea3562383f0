import type { ServerResponse } from "node:http";
import { type Context, Hono } from "hono";
import type { Deps } from "../../deps.ts";
import { ApiError, invalidField, v1ErrorBody } from "../../errors.ts";
import { type CallerAccount, callerAccount, isHis } from "../../identity/account.ts";
import { keyHolder } from "../../identity/api-key.ts";
import { callOf, credentialsOf, requestIdOf } from "../../identity/call.ts";
import { REPLAYED, readIdempotencyKey } from "../../identity/idempotency-key.ts";
import { orderIdOf } from "../../identity/order-id.ts";
import { pageFields } from "../../identity/page.ts";
import { preferredWaitSec } from "../../payments/session/wait.ts";
import type { JsonObject } from "../../sale.ts";
import { cancelAnswer, orderAnswer, orderFields } from "./answers.ts";
import { cancel } from "./cancel.ts";
import { type Browse, listCountries, listServices } from "./catalog.ts";
import { type CodeOrder, isOpen, ORDER_STATES, type OrderState } from "./order.ts";
import { findOrder, listOrders } from "./orders.ts";
import { readPage } from "./page.ts";
import { type PurchaseDeps, type Purchased, purchase } from "./purchase.ts";
import { failureError } from "./refusals.ts";
import { openShelf, type Shelf } from "./shelf.ts";
import { NO_SUPPLIER } from "./supplier.ts";
import { createWatch, type Watch } from "./watch.ts";

/** One-time codes, under /api/v1: what can be had, and the orders of it. */
export function codeOrderRoutes(deps: Deps): Hono {
  const routes = new Hono();
  const { otp, otpMarginPercent } = deps;
  if (otp) sellingRoutes(routes, { ...deps, otp, shelf: openShelf(otp, otpMarginPercent) });
  else for (const path of SELLING) routes.all(path, () => Promise.reject(new ApiError("not_offered")));
  // What was bought can be read and cancelled without a supplier as well.
  orderRoutes(routes, { ...deps, otp: otp ?? NO_SUPPLIER, watch: createWatch(deps) });
  return routes;
}

type SellingDeps = Deps & PurchaseDeps;
type OrderDeps = Omit<Deps, "otp"> & Pick<PurchaseDeps, "otp"> & { readonly watch: Watch };

const SELLING = ["/catalog/services", "/catalog/countries", "/customer/purchase"];

function sellingRoutes(routes: Hono, deps: SellingDeps): void {
  const list = (path: string, verb: (shelf: Shelf, browse: Browse) => Promise<JsonObject>) =>
    routes.get(path, async (c) => c.json(await verb(deps.shelf, browseOf(deps, c)), { headers: NO_STORE }));
  list("/catalog/services", listServices);
  list("/catalog/countries", listCountries);
  routes.post("/customer/purchase", async (c) => {
    const by = await keyHolder(deps, credentialsOf(c).apiKey);
    const idempotencyKey = readIdempotencyKey(c.req.header("idempotency-key"));
    return purchaseResponse(await purchase(deps, { call: await callOf(c), by, idempotencyKey }), requestIdOf(c));
  });
  routes.all("/customer/purchase", postOnly);
}

function orderRoutes(routes: Hono, deps: OrderDeps): void {
  routes.get("/customer/orders", async (c) => c.json(await history(deps, c), { headers: NO_STORE }));
  routes.get("/customer/order/:id", async (c) => {
    const order = await watched(deps, c);
    const body = orderAnswer(order, deps.clock.nowMs());
    return c.json(body, {
      headers: { ...NO_STORE, ...(isOpen(order) && { "Retry-After": String(body.retry_after_sec) }) },
    });
  });
  routes.post("/customer/cancel/:id", async (c) => {
    const order = await ownOrder(deps, await callerOf(deps, c), c);
    return c.json(cancelAnswer(await cancel(deps, order)), { headers: NO_STORE });
  });
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

/** The same answer to the same request, whatever became of the order since. */
function purchaseResponse({ order, isReplay }: Purchased, requestId: string): Response {
  const headers = { ...NO_STORE, ...(isReplay && REPLAYED) };
  if (order.answer) return Response.json(order.answer, { headers });
  const error = failureError(order);
  return Response.json(v1ErrorBody(error, requestId), { status: error.status, headers });
}

const callerOf = (deps: OrderDeps, c: Context): Promise<CallerAccount> => callerAccount(deps, credentialsOf(c));

/** Nobody but its buyer and its account is told that there is such an order. @throws ApiError not_found */
async function ownOrder({ db }: Pick<Deps, "db">, asker: CallerAccount, c: Context): Promise<CodeOrder> {
  const id = orderIdOf(c);
  const order = id && (await findOrder(db.pool, id));
  if (!order || !isHis(asker, order)) throw new ApiError("not_found", { message: "There is no such order." });
  return order;
}

async function watched(deps: OrderDeps, c: Context): Promise<CodeOrder> {
  const asker = await callerOf(deps, c);
  const orderId = orderIdOf(c);
  if (orderId === undefined) return ownOrder(deps, asker, c);
  const gone = new AbortController();
  const hungUp = () => gone.abort();
  outgoing(c).once("close", hungUp);
  const waitSec = preferredWaitSec(c.req.header("prefer"));
  const caller = String(asker.accountIds[0]);
  return deps.watch(() => ownOrder(deps, asker, c), {
    orderId,
    waitSec,
    caller,
    gone: gone.signal,
  });
}

async function history(deps: OrderDeps, c: Context): Promise<JsonObject> {
  const { accountIds, onlyKeyId } = await callerOf(deps, c);
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
