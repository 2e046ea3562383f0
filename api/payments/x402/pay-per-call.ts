import type { Hono } from "hono";
import type { Address } from "viem";
import { settlementReceiverAbi, usdcAbi } from "../../../contracts/abi.ts";
import { confirmationsFor } from "../../../contracts/chains.ts";
import { nowSec } from "../../clock.ts";
import type { Deps } from "../../deps.ts";
import { ApiError, type ErrorCode } from "../../errors.ts";
import { coveredAnswer } from "../../identity/answer.ts";
import type { Asked } from "../../identity/asked.ts";
import { hasIdentity } from "../../identity/caller-wallet.ts";
import { asked as fromChain } from "../../providers/chain.ts";
import { priceAsked, type Sale } from "../../sale.ts";
import { createAlarm } from "./alarm.ts";
import { answerOf, type Told } from "./answers.ts";
import { type BuyDeps, buy } from "./buy.ts";
import { createDeposits } from "./deposits.ts";
import { matchPayment } from "./match.ts";
import { measureOrders } from "./measure-orders.ts";
import type { Offer } from "./offer.ts";
import { createOffers, type Offers } from "./offers.ts";
import type { PaidOrder } from "./order.ts";
import { createOrderDesk } from "./order-desk.ts";
import { createOrderLocks } from "./order-locks.ts";
import { createOrderQueue, type Lane } from "./order-queue.ts";
import { createOrderTeller, type OrderTeller, orderRoutes } from "./order-routes.ts";
import { createOrders, type Orders } from "./orders.ts";
import type { Payment } from "./payment.ts";
import type { Ports } from "./ports.ts";

export type PayPerCallDeps = Pick<
  Deps,
  "publicUrl" | "receiver" | "facilitator" | "db" | "indexed" | "chains" | "clock" | "log" | "metrics" | "stopping"
> & {
  /** Everything that can be bought; orders on record name them by id. */
  readonly sales: readonly Sale[];
};

export type PayPerCall = {
  /** Answers a call of something that has a price. @throws ApiError not_offered, and those of `buy` */
  sell(asked: Asked, payment: Payment | undefined): Promise<Told>;
  /** Asks for payment, saying why another way to pay did not do. @throws ApiError that reason itself, where nothing is sold per call */
  ask(asked: Asked, why: ApiError): Promise<Told>;
  /** Also of what was sold before, where nothing is any more. */
  readonly tellOrder: OrderTeller;
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
  const tellOrder = createOrderTeller({ ...deps, orders, saleOf });
  const told = { tellOrder, orderRoutes: orderRoutes(tellOrder) };
  if (!receiver || !facilitator) {
    const sell = () => Promise.reject(new ApiError("not_offered"));
    const ask = (...[, why]: Parameters<PayPerCall["ask"]>) => Promise.reject(why);
    const nothing = async () => {};
    return { sell, ask, ...told, reconcile: nothing, alarm: nothing, deposits: nothing, close: nothing };
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
    sell: (asked, payment) => sell(till, asked, payment),
    ask: async (asked, error) => unpaid(offers(asked.sale, await wished(asked)), error),
    ...told,
    reconcile: (lane) => desk.reconcile(lane),
    alarm: createAlarm({ queue, clock, log: deps.log }),
    deposits: createDeposits({ ...open, ...looksOf(receiver) }),
    close: () => desk.close(),
  };
}

type Open = PayPerCallDeps & { receiver: NonNullable<Deps["receiver"]>; facilitator: NonNullable<Deps["facilitator"]> };
type Till = BuyDeps & Open & { readonly offers: Offers };

async function sell(till: Till, asked: Asked, payment: Payment | undefined): Promise<Told> {
  const { sale, requestId } = asked;
  if (!payment) return (await covered(asked)) ?? unpaid(till.offers(sale, await wished(asked)));
  const chosen = (sale.priceOf ?? sale.priceFor) && (await asked.call());
  const offer = till.offers(sale, chosen && priceAsked(sale, chosen));
  const match = matchPayment(payment, offer, nowSec(till.clock));
  if (!match) return refused(offer, "requirements_mismatch");
  const bought = await buy(till, { sale, call: chosen ?? (await asked.call()), payment: match });
  if (bought.kind === "refused") return refused(offer, bought.reason);
  if (bought.kind === "covered") return { kind: "answer", answer: coveredAnswer(bought) };
  const { order, isReplay, knowsSecrets } = bought;
  const teller = { sale, offer, requestId, publicUrl: till.publicUrl, dialect: payment.dialect };
  return answerOf(order, { ...teller, isReplay, knowsSecrets });
}

const unpaid = (offer: Offer, error = new ApiError("payment_required")): Told => ({ kind: "unpaid", offer, error });

const refused = (offer: Offer, reason: string): Told =>
  unpaid(offer, new ApiError("payment_invalid", { details: { reason } }));

/** Only who signed in can have something left: everybody else is told the price before anything is read. */
async function covered({ sale, credentials, call }: Asked): Promise<Told | undefined> {
  if (!sale.covered || !hasIdentity(credentials())) return undefined;
  const answer = await sale.covered(await call());
  return answer && { kind: "answer", answer: coveredAnswer(answer) };
}

/** What it costs somebody who pays nothing yet: whoever says nothing that can be read is told the usual price. */
async function wished({ sale, call, query }: Asked): Promise<bigint | undefined> {
  if (!sale.priceOf && !sale.priceFor && !sale.assertSold) return undefined;
  const read = await call().catch((error: unknown) => {
    if (error instanceof ApiError && UNREAD.includes(error.code)) return undefined;
    throw error;
  });
  const wanted = read ?? { body: undefined, query: query() };
  sale.assertSold?.(wanted);
  return priceAsked(sale, wanted);
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
