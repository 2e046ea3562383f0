import type { Context, Hono } from "hono";
import type { Address } from "viem";
import { settlementReceiverAbi } from "../../../contracts/abi.ts";
import { confirmationsFor } from "../../../contracts/chains.ts";
import { nowSec } from "../../clock.ts";
import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { callOf, requestIdOf } from "../../identity/call.ts";
import { asked as fromChain } from "../../providers/chain.ts";
import type { JsonObject, Sale } from "../../sale.ts";
import { createAlarm } from "./alarm.ts";
import { type Asked, answerOf, unpaid } from "./answers.ts";
import { type BuyDeps, buy } from "./buy.ts";
import { createCredits } from "./credits.ts";
import { readPayment } from "./header.ts";
import { matchPayment } from "./match.ts";
import { measureOrders } from "./measure-orders.ts";
import { offerOf } from "./offer.ts";
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
  /** `/orders/:id` and `/balance`, under /api/v1. */
  readonly orderRoutes: Hono;
  /** One round of the worker. A lane's first takes up what a process before this one left behind. */
  reconcile(lane: Lane): Promise<void>;
  /** Tells the operator of orders that get nowhere. */
  alarm(): Promise<void>;
  /** Lets orders that are worked on come to rest. */
  close(): Promise<void>;
};

/** Pay per call with x402, versions 1 and 2, in USDC. */
export function openPayPerCall(deps: PayPerCallDeps): PayPerCall {
  const { db, clock, receiver, facilitator, sales } = deps;
  const orders = createOrders(db.pool, clock);
  const saleOf = (saleId: string) => sales.find(({ id }) => id === saleId);
  const routes = orderRoutes({ ...deps, orders, credits: createCredits(db.pool), saleOf });
  if (!receiver || !facilitator) {
    const sell = () => Promise.reject(new ApiError("not_offered"));
    const ask = (...[, , why]: Parameters<PayPerCall["ask"]>) => {
      throw why;
    };
    return { sell, ask, orderRoutes: routes, reconcile: async () => {}, alarm: async () => {}, close: async () => {} };
  }
  const open = { ...deps, receiver, facilitator };
  const chainId = receiver.chain.id;
  const payTo = receiver.address.toLowerCase() as Address;
  const queue = createOrderQueue(db.pool, { chainId, payTo, saleIds: sales.map(({ id }) => id) });
  measureOrders({ queue, metrics: deps.metrics, clock });
  const locks = createOrderLocks(db.pool);
  const desk = createOrderDesk({ ports: portsOf(open, orders, saleOf), orders, queue, locks, log: deps.log });
  const offers = new Map(sales.map((sale) => [sale.id, offerOf(sale, open)]));
  const till: Till = { ...open, orders, desk, chainId, payTo, isRefunded: refundsOf(receiver) };
  const asked = (c: Context, sale: Sale): Asked => ({
    sale,
    offer: offers.get(sale.id) ?? offerOf(sale, open),
    requestId: requestIdOf(c),
  });
  return {
    sell: (c, sale) => sell(till, c, asked(c, sale)),
    ask: (c, sale, why) => unpaid(asked(c, sale), why),
    orderRoutes: routes,
    reconcile: (lane) => desk.reconcile(lane),
    alarm: createAlarm({ queue, clock, log: deps.log }),
    close: () => desk.close(),
  };
}

type Open = PayPerCallDeps & { receiver: NonNullable<Deps["receiver"]>; facilitator: NonNullable<Deps["facilitator"]> };
type Till = BuyDeps & Open;

async function sell(till: Till, c: Context, asked: Asked): Promise<Response> {
  const payment = readPayment((name) => c.req.header(name));
  if (!payment) return (await covered(c, asked)) ?? unpaid(asked);
  const match = matchPayment(payment, asked.offer, nowSec(till.clock));
  if (!match) return refused(asked, "requirements_mismatch");
  const call = await callOf(c);
  const bought = await buy(till, { sale: asked.sale, call, payment: match });
  if (bought.kind === "refused") return refused(asked, bought.reason);
  if (bought.kind === "covered") return coveredAnswer(bought.answer);
  const { order, isReplay, knowsSecrets } = bought;
  return answerOf(order, { ...asked, publicUrl: till.publicUrl, dialect: payment.dialect, isReplay, knowsSecrets });
}

const refused = (asked: Asked, reason: string): Response =>
  unpaid(asked, new ApiError("payment_invalid", { details: { reason } }));

/** Only who signed in can have something left: everybody else is told the price before anything is read. */
async function covered(c: Context, { sale }: Asked): Promise<Response | undefined> {
  if (!sale.covered || !c.req.header("authorization")) return undefined;
  const answer = await sale.covered(await callOf(c));
  return answer && coveredAnswer(answer);
}

const coveredAnswer = (answer: JsonObject): Response =>
  Response.json(answer, { headers: { "Cache-Control": "no-store" } });

const refundsOf = ({ reader, address }: Open["receiver"]): BuyDeps["isRefunded"] => {
  const call = { address, abi: settlementReceiverAbi, functionName: "isRefunded" } as const;
  return (payer, nonce) => fromChain(reader.client.readContract({ ...call, args: [payer, nonce] }));
};

function portsOf({ receiver, facilitator, indexed, clock, log }: Open, orders: Orders, saleOf: Ports["saleOf"]): Ports {
  const { chain } = receiver;
  const isRefunded = refundsOf(receiver);
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
