import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Deps } from "./deps.ts";
import { ApiError, errorHeaders, gateErrorBody, strayErrorBody, v1ErrorBody } from "./errors.ts";
import { accountRoutes } from "./identity/account-routes.ts";
import { createAdmit, PREFLIGHT, type Room } from "./identity/admission.ts";
import { askedOf } from "./identity/call.ts";
import { judged } from "./identity/judged.ts";
import { keyRoutes } from "./identity/key-routes.ts";
import { reconciliationRoutes } from "./identity/reconciliation-routes.ts";
import { identityRoutes } from "./identity/routes.ts";
import type { BalanceTill } from "./payments/balance/balance.ts";
import { readPayment } from "./payments/x402/header.ts";
import type { PayPerCall } from "./payments/x402/pay-per-call.ts";
import { respond } from "./payments/x402/respond.ts";
import type { Address } from "./products/masked-api/call.ts";
import { API_ID } from "./products/masked-api/masked-api.ts";
import { cutWhenStuck, SHORT_BYTES } from "./products/masked-api/patience.ts";
import { type Exchange, replyError } from "./products/masked-api/reply.ts";
import type { MaskedApiRoom } from "./products/masked-api/room.ts";
import { numberRoutes } from "./products/numbers/routes.ts";
import { operatorRoutes } from "./products/operator/routes.ts";
import { openCodeDesk } from "./products/orders/desk.ts";
import { codeSaleRoutes } from "./products/orders/operator-routes.ts";
import { codeOrderRoutes } from "./products/orders/routes.ts";
import { messageRoutes } from "./products/sms/routes.ts";
import { verificationRoutes } from "./products/verifications/routes.ts";
import { carrierRoutes } from "./providers/phone/carrier-routes.ts";
import type { Sale } from "./sale.ts";
import { mcpRoutes } from "./storefront/mcp/routes.ts";
import { toolsOf } from "./storefront/mcp/tools.ts";
import { isPersonLost, notFoundPage } from "./storefront/pages/not-found-page.ts";
import { storefrontRoutes } from "./storefront/routes.ts";
import { sell } from "./storefront/sell.ts";
import { x402InfoRoutes } from "./storefront/x402-info.ts";
import { webhookRoutes } from "./webhooks/routes.ts";

export type App = (request: IncomingMessage, response: ServerResponse) => void;

/** What is sold, and the tills. */
export type Shop = { readonly sales: readonly Sale[]; readonly maskedApis: MaskedApiRoom } & Tills;

type Tills = { readonly payPerCall: PayPerCall; readonly balance: BalanceTill };

/** The table of contents: which path leads to which room. Calls of masked APIs go past Hono, for speed. */
export function createApp(deps: Deps, shop: Shop): App {
  const { maskedApis } = shop;
  const hono = new Hono<{ Bindings: { outgoing: ServerResponse } }>({ strict: false });
  hono.route("/api/402/apis", maskedApis.routes);
  hono.route("/api/v1/auth", identityRoutes(deps));
  hono.route("/api/v1/keys", keyRoutes(deps));
  hono.route("/api/v1/webhooks", webhookRoutes(deps));
  const codes = openCodeDesk(deps);
  hono.route("/api/v1", codeOrderRoutes(deps, codes));
  hono.route("/api/v1/operator", codeSaleRoutes(deps));
  hono.route("/api/v1/operator", operatorRoutes(deps));
  hono.route("/api/v1", shop.balance.orderRoutes);
  hono.route("/api/v1", accountRoutes(deps));
  hono.route("/api/v1/operator", reconciliationRoutes(deps));
  hono.route("/api/v1", shop.payPerCall.orderRoutes);
  for (const sale of shop.sales) mount(hono, sale, shop);
  if (deps.phone) {
    hono.route("/api/v1/numbers/mine", numberRoutes(deps));
    hono.route("/api/v1/messages", messageRoutes(deps));
    hono.route("/api/v1/verifications", verificationRoutes(deps));
    hono.route("/api/v1/carrier", carrierRoutes({ ...deps, phone: deps.phone }));
  }
  const unsold = [...(deps.phone ? [] : PHONE_PATHS), LOOKUP_PATH, ...TOP_UP_PATHS];
  for (const path of unsold) hono.all(path, () => Promise.reject(new ApiError("not_offered")));
  hono.route("/api/v1/x402", x402InfoRoutes(deps, shop.sales));
  hono.route("/mcp", mcpRoutes(deps, toolsOf(deps, { ...shop, codes })));
  hono.route("/", storefrontRoutes(deps, shop));
  hono.notFound((c) => {
    if (isPersonLost(c)) return notFoundPage(c);
    return errorAnswer(deps, new ApiError("not_found"), { path: c.req.path, ...c.env });
  });
  hono.onError((error, { req, env }) => errorAnswer(deps, error, { path: req.path, ...env }));
  const errorHandler = () => Response.json(strayErrorBody(new ApiError("bad_request")), { status: 400 });
  const control = getRequestListener(hono.fetch as never, {
    hostname: "localhost",
    overrideGlobalObjects: false,
    errorHandler,
  });
  const admit = createAdmit(deps);

  return (request, response) => {
    const { url = "/" } = request;
    const address = maskedAddress(url);
    const room = roomOf(request, address);
    const { requestId, headers, refusal } = admit(request, room);
    const exchange: Exchange = { request, response, headers, requestId };
    observe(deps, exchange, { room, address });
    if (request.method === "OPTIONS") return preflight(exchange);
    if (refusal && !V1.test(url)) return replyError(exchange, refusal);
    if (address) return serve(deps, maskedApis, { exchange, address });
    for (let i = 0; i < headers.length; i += 2) response.setHeader(headers[i] as string, headers[i + 1] as string);
    if (refusal) return replyV1Error(exchange, refusal);
    // What a caller does not take would stay in memory for good, and of masked APIs' answers there is little for all.
    response.once("prefinish", () => response.writableLength > SHORT_BYTES && cutWhenStuck(response));
    void control(request, response);
  };
}

/** Sold by POST alone: Hono would answer a HEAD with a GET's handler, and run it. */
function mount(hono: Hono<{ Bindings: { outgoing: ServerResponse } }>, sale: Sale, tills: Tills): void {
  hono.post(sale.path, async (c) =>
    respond(
      c,
      await sell(
        tills,
        askedOf(c, sale),
        readPayment((name) => c.req.header(name)),
      ),
    ),
  );
  hono.all(sale.path, (c) => {
    c.env.outgoing.setHeader("Allow", sale.method);
    throw new ApiError("method_not_allowed");
  });
}

const LOOKUP_PATH = "/api/v1/lookup";
const TOP_UP_PATHS = ["/api/v1/x402/topup", "/api/v1/credits/top-up"];
const PHONE_PATHS = ["/api/v1/numbers/*", "/api/v1/sms/*", "/api/v1/messages/*", "/api/v1/verifications/*"];

const V1 = /^\/api\/v1(?:[/?]|$)/;
// A carrier must get rid of its news, however much there is. No dots and nothing escaped: they would lead out of here.
const FREE = /^\/(?:healthz|readyz|metrics|assets\/[\w-]+\/[\w-][\w.-]*|api\/v1\/carrier(?:\/[\w-]+){2,3})(?:\?|$)/;
const MASKED = "/api/";
const ID_ENDS = MASKED.length + 36;

/** By hand: one regular expression for all of it took a fiftieth of a paid call's time. */
function maskedAddress(url: string): Address | undefined {
  if (url.length < ID_ENDS || url.slice(0, MASKED.length).toLowerCase() !== MASKED) return undefined;
  const apiId = url.slice(MASKED.length, ID_ENDS).toLowerCase();
  if (!API_ID.test(apiId)) return undefined;
  const mark = url.indexOf("?", ID_ENDS);
  const [path, query] = mark < 0 ? [url.slice(ID_ENDS), ""] : [url.slice(ID_ENDS, mark), url.slice(mark + 1)];
  return path === "" || path.startsWith("/") ? { apiId, path, query } : undefined;
}

function roomOf({ method, url = "/" }: IncomingMessage, address: Address | undefined): Room {
  if (method === "OPTIONS") return "free";
  if (address) return "masked-api";
  return FREE.test(url) ? "free" : "control";
}

function preflight({ response, headers }: Exchange): void {
  response.writeHead(204, [...headers, ...PREFLIGHT]);
  response.end();
}

type Call = { exchange: Exchange; address: Address };

function serve(deps: Deps, maskedApis: MaskedApiRoom, { exchange, address }: Call): void {
  const tell = (thrown: unknown) => {
    // A caller that hung up is nobody's fault, and nobody is there to be told.
    if (exchange.response.destroyed) return;
    replyError(exchange, judged(deps, thrown, exchange.requestId));
  };
  try {
    maskedApis.call(exchange, address)?.catch(tell);
  } catch (thrown) {
    tell(thrown);
  }
}

type Failed = { path: string; outgoing: ServerResponse };

function errorAnswer(deps: Deps, thrown: unknown, { path, outgoing }: Failed): Response {
  const requestId = String(outgoing.getHeader("X-Request-Id"));
  const error = judged(deps, thrown, requestId);
  const body = V1.test(path) ? v1ErrorBody(error, requestId) : gateErrorBody(error);
  const [name, value] = errorHeaders(error);
  const headers: Record<string, string> = { "Cache-Control": "no-store", ...(name && value && { [name]: value }) };
  return Response.json(body, { status: error.status, headers });
}

function replyV1Error({ response, requestId }: Exchange, error: ApiError): void {
  const [name, value] = errorHeaders(error);
  if (name && value) response.setHeader(name, value);
  response.writeHead(error.status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(v1ErrorBody(error, requestId)));
}

type Seen = { room: Room; address: Address | undefined };

/** Counts and logs the answer when it is out. The log names no path below a masked API and no query. */
function observe({ metrics, log }: Deps, { request, response, requestId }: Exchange, { room, address }: Seen): void {
  const startMs = performance.now();
  response.on("close", () => {
    const ms = performance.now() - startMs;
    const status = response.statusCode;
    metrics.answers.add(room, status, ms / 1000);
    if (room === "control") {
      const path = request.url?.split("?")[0]?.slice(0, 200);
      log.info({ requestId, method: request.method, path, status, ms: Math.round(ms) }, "answered");
    } else if (address) log.debug({ requestId, apiId: address.apiId, status, ms: Math.round(ms) }, "answered");
  });
}
