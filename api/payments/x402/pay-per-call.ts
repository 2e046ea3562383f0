import type { Context, Hono } from "hono";
import type { Address } from "viem";
import { settlementReceiverAbi, usdcAbi } from "../../../contracts/abi.ts";
import { confirmationsFor } from "../../../contracts/chains.ts";
import { nowSec } from "../../clock.ts";
import type { Deps } from "../../deps.ts";
import { ApiError, type ErrorCode } from "../../errors.ts";
import { callOf, credentialsOf, requestIdOf } from "../../identity/call.ts";
import { hasIdentity } from "../../identity/caller-wallet.ts";
import { coveredAnswer } from "../../identity/covered.ts";
import { asked as fromChain } from "../../providers/chain.ts";
import type { Sale } from "../../sale.ts";
import { createAlarm } from "./alarm.ts";
import { type Asked, answerOf, askForPayment, unpaid } from "./answers.ts";
import { type BuyDeps, buy } from "./buy.ts";
import { createDeposits } from "./deposits.ts";
import { readPayment } from "./header.ts";
import { matchPayment } from "./match.ts";
import { measureOrders } from "./measure-orders.ts";
import { createOffers, type Offers } from "./offers.ts";
import type { PaidOrder } from "./order.ts";
import { createOrderDesk } from "./order-desk.ts";
import { createOrderLocks } from "./order-locks.ts";
import { createOrderQueue, type Lane } from "./order-queue.ts";
import { orderRoutes } from "./order-routes.ts";
import { createOrders, type Orders } from "./orders.ts";
import type { Ports } from "./ports.ts";

export type PayPerCallDeps = Pick<
  Deps,
  "publicUrl" | "receiver" | "facilitator" | "db" | "indexed" | "chains" | "clock" | "log" | "metrics" | "stopping"
> & {
  /** Everything that can be bought; orders on record name them by id. */
  readonly sales: readonly Sale[];
};

export type PayPerCall = {
  /** Answers a call of something that has a price. @throws ApiError not_offered, invalid_payment, and those of `buy` */
  sell(c: Context, sale: Sale): Promise<Response>;
  /** Asks for payment, saying why another way to pay did not do. @throws ApiError that reason itself, where nothing is sold per call */
  ask(c: Context, sale: Sale, why: ApiError): Response;
  /** `/orders/:id`, under /api/v1. */
  readonly orderRoutes: Hono;
  /** One round of the worker. A lane's first takes up what a process before this one left behind. */
  reconcile(lane: Lane): Promise<void>;
  /** Tells the operator of orders that get nowhere. */
  alarm(): Promise<void>;
  /** Credits what reached the receiver for nothing in particular. */
  deposits(): Promise<void>;
  /** Lets orders that are worked on come to rest. */
  close(): Promise<void>;
};

/** Pay per call with x402, versions 1 and 2, in USDC. */
export function openPayPerCall(deps: PayPerCallDeps): PayPerCall {
  const { db, clock, receiver, facilitator, sales } = deps;
  const orders = createOrders(db.pool, clock, ({ id, payer }, lostMicroUsd) =>
    deps.log.error({ orderId: id, payer, lostMicroUsd: lostMicroUsd.toString() }, "the chain took back what was spent"),
  );
  const saleOf = (saleId: string) => sales.find(({ id }) => id === saleId);
  const routes = orderRoutes({ ...deps, orders, saleOf });
  if (!receiver || !facilitator) {
    const sell = () => Promise.reject(new ApiError("not_offered"));
    const ask = (...[, , why]: Parameters<PayPerCall["ask"]>) => {
      throw why;
    };
    const nothing = async () => {};
    return { sell, ask, orderRoutes: routes, reconcile: nothing, alarm: nothing, deposits: nothing, close: nothing };
  }
  const open = { ...deps, receiver, facilitator };
  const chainId = receiver.chain.id;
  const payTo = receiver.address.toLowerCase() as Address;
  const queue = createOrderQueue(db.pool, { chainId, payTo, saleIds: sales.map(({ id }) => id) });
  measureOrders({ queue, metrics: deps.metrics, clock });
  const locks = createOrderLocks(db.pool);
  const desk = createOrderDesk({ ports: portsOf(open, orders, saleOf), orders, queue, locks, log: deps.log });
  const offers = createOffers(sales, open);
  const till: Till = { ...open, orders, desk, chainId, payTo, offers, ...looksOf(receiver) };
  return {
    sell: (c, sale) => sell(till, c, sale),
    ask: (c, sale, why) => unpaid({ sale, offer: offers(sale), requestId: requestIdOf(c) }, why),
    orderRoutes: routes,
    reconcile: (lane) => desk.reconcile(lane),
    alarm: createAlarm({ queue, clock, log: deps.log }),
    deposits: createDeposits({ ...open, ...looksOf(receiver) }),
    close: () => desk.close(),
  };
}

type Open = PayPerCallDeps & { receiver: NonNullable<Deps["receiver"]>; facilitator: NonNullable<Deps["facilitator"]> };
type Till = BuyDeps & Open & { readonly offers: Offers };

async function sell(till: Till, c: Context, sale: Sale): Promise<Response> {
  const payment = readPayment((name) => c.req.header(name));
  const requestId = requestIdOf(c);
  if (!payment) {
    const answer = await covered(c, sale);
    return answer ?? askForPayment(c, { sale, offer: till.offers(sale, await wished(c, sale)), requestId });
  }
  const chosen = sale.priceOf && (await callOf(c));
  const asked = { sale, offer: till.offers(sale, chosen && sale.priceOf?.(chosen)), requestId };
  const match = matchPayment(payment, asked.offer, nowSec(till.clock));
  if (!match) return refused(asked, "requirements_mismatch");
  const bought = await buy(till, { sale, call: chosen ?? (await callOf(c)), payment: match });
  if (bought.kind === "refused") return refused(asked, bought.reason);
  if (bought.kind === "covered") return coveredAnswer(bought);
  const { order, isReplay, knowsSecrets } = bought;
  return answerOf(order, { ...asked, publicUrl: till.publicUrl, dialect: payment.dialect, isReplay, knowsSecrets });
}

const refused = (asked: Asked, reason: string): Response =>
  unpaid(asked, new ApiError("payment_invalid", { details: { reason } }));

/** Only who signed in can have something left: everybody else is told the price before anything is read. */
async function covered(c: Context, sale: Sale): Promise<Response | undefined> {
  if (!sale.covered || !hasIdentity(credentialsOf(c))) return undefined;
  const answer = await sale.covered(await callOf(c));
  return answer && coveredAnswer(answer);
}

/** What somebody wants to pay who pays nothing yet: whoever says nothing that can be read is told the usual price. */
async function wished(c: Context, sale: Sale): Promise<bigint | undefined> {
  if (!sale.priceOf) return undefined;
  const call = await callOf(c).catch((error: unknown) => {
    if (error instanceof ApiError && UNREAD.includes(error.code)) return undefined;
    throw error;
  });
  return sale.priceOf(call ?? { body: undefined, query: new URL(c.req.url).searchParams });
}

const UNREAD: readonly ErrorCode[] = ["invalid_json", "unsupported_media_type"];

/** What our own node is asked of an authorization. */
function looksOf({ chain, reader, address }: Open["receiver"]): Pick<BuyDeps, "isRefunded" | "isUsed"> {
  const given = { address, abi: settlementReceiverAbi, functionName: "isRefunded" } as const;
  const used = { address: chain.usdc.address, abi: usdcAbi, functionName: "authorizationState" } as const;
  return {
    isRefunded: (payer, nonce) => fromChain(reader.client.readContract({ ...given, args: [payer, nonce] })),
    // What is in no block yet may be public all the same.
    isUsed: (payer, nonce) =>
      fromChain(reader.client.readContract({ ...used, args: [payer, nonce], blockTag: "pending" })),
  };
}

function portsOf({ receiver, facilitator, indexed, clock, log }: Open, orders: Orders, saleOf: Ports["saleOf"]): Ports {
  const { chain } = receiver;
  const { isRefunded } = looksOf(receiver);
  return {
    orders,
    clock,
    saleOf,
    // Whatever goes wrong there, money may have moved.
    settle: ({ payload }) => facilitator.settle(payload, payload.accepted).catch(() => ({ ok: "unknown" })),
    look: (order, reportedTxHash) => {
      const { payer, nonce } = order;
      return indexed.findSettlement({ payer, nonce, confirmations: confirmationsOf(chain, order), reportedTxHash });
    },
    isRefunded: ({ payer, nonce }) => isRefunded(payer, nonce),
    news: (signal) => indexed.changed(signal),
    failed: ({ id, saleId }, error) =>
      log.error({ orderId: id, saleId, err: error }, "a paid order could not be fulfilled"),
  };
}

/** Money that has been granted once is only looked for: it need not be confirmed again. */
const confirmationsOf = (chain: Open["receiver"]["chain"], { state, priceMicroUsd }: PaidOrder): number =>
  state === "settling" ? confirmationsFor(chain, priceMicroUsd) : 0;
