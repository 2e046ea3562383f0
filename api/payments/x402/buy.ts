import { randomUUID } from "node:crypto";
import type { PaymentPayload } from "@x402/core/types";
import type { Address, Hex } from "viem";
import { nowSec } from "../../clock.ts";
import { ApiError } from "../../errors.ts";
import { hasIdentity } from "../../identity/caller-wallet.ts";
import { fingerprintOf } from "../../identity/fingerprint.ts";
import { type SiweDeps, signedInWallet } from "../../identity/siwe.ts";
import type { Indexed } from "../../indexed.ts";
import type { Reason } from "../../providers/facilitator/reasons.ts";
import type { Facilitator, Verified } from "../../providers/facilitator.ts";
import type { Call, Covered, Sale } from "../../sale.ts";
import { isOpen, type NewOrder, type PaidOrder } from "./order.ts";
import type { OrderDesk } from "./order-desk.ts";
import { hashOfPaymentId, type Orders } from "./orders.ts";
import type { MatchedPayment } from "./payment.ts";
import { withoutRoom } from "./room.ts";
import { type SignatureDeps, signatureFault } from "./signature.ts";

export type BuyDeps = SiweDeps & {
  readonly orders: Orders;
  readonly desk: OrderDesk;
  readonly facilitator: Facilitator;
  readonly indexed: Pick<Indexed, "findSettlement">;
  readonly receiver: SignatureDeps;
  readonly chainId: number;
  /** In lower case. */
  readonly payTo: Address;
  /** Whether the operator gave a payment back on chain. Rejects when the chain cannot be read. */
  isRefunded(payer: Address, nonce: Hex): Promise<boolean>;
  /** Whether an authorization was used or cancelled, or is about to be. Rejects when the chain cannot be read. */
  isUsed(payer: Address, nonce: Hex): Promise<boolean>;
  readonly stopping: AbortSignal;
};

export type Purchase = { readonly sale: Sale; readonly call: Call; readonly payment: MatchedPayment };

/** A refusal leaves the payment as good as it was. */
export type Bought =
  | { kind: "order"; order: PaidOrder; isReplay: boolean; knowsSecrets: boolean }
  | ({ kind: "covered" } & Covered)
  | { kind: "refused"; reason: Reason };

/** A request is held for so long at most, whatever it waits for. */
const ANSWER_MS = 20_000;
/** The worker leaves a new order to the request that made it for so long. */
const FIRST_DUE_MS = 5_000;
/** So long after an order was made its payment header alone shows who made it. */
const OWN_MS = 60_000;

/**
 * Buys with a payment, or finds what it bought. Nothing is charged before the sale has said that it can be fulfilled;
 * one insert with a unique key is the lock.
 *
 * @throws ApiError payment_reused, payment_settled, payments_unavailable, rate_limited, and whatever the sale says before money
 */
export async function buy(deps: BuyDeps, purchase: Purchase): Promise<Bought> {
  const { payment } = purchase;
  const fingerprint = fingerprintOf(purchase.sale, purchase.call);
  // Before today's price: what was bought yesterday stays bought.
  const known = await deps.orders.findByPayKey(payment.payKey);
  const fault = await faultOf(deps, payment, known);
  if (fault) return { kind: "refused", reason: fault };
  if (known) return told(deps, purchase, sameRequest(known, fingerprint));
  // From here on it is the payer who asks, whoever carries his payment here.
  const earlier = await named(deps, purchase);
  // He tries again with a fresh signature: he gets what he bought, and the signature is not used.
  if (earlier) return told(deps, purchase, sameRequest(earlier, fingerprint));

  const { sale, call } = purchase;
  const covered = hasIdentity(call) && (await sale.covered?.(call));
  if (covered) return { kind: "covered", ...covered };
  const input = await purchase.sale.prepare(purchase.call, { payer: payment.payer, chainId: deps.chainId });
  const [verdict, balanceMicroUsd] = await Promise.all([
    check(deps, purchase),
    deps.facilitator.balanceOf(payment.payer).catch(() => undefined),
  ]);
  if (verdict.isRefused) return { kind: "refused", reason: verdict.reason ?? "refused" };
  const order = newOrder(deps, purchase, { input, fingerprint, reason: verdict.reason });
  const dueAtMs = deps.clock.nowMs() + FIRST_DUE_MS;
  const purse = verdict.isFresh ? { balanceMicroUsd } : undefined;
  await assertDirects(deps, purchase, verdict);
  const added = await deps.orders.add(order, dueAtMs, purse);
  if (added) return { kind: "order", order: await worked(deps, added, verdict), isReplay: false, knowsSecrets: true };
  // A copy of this request was quicker.
  const winner = (await deps.orders.findByPayKey(payment.payKey)) ?? (await named(deps, purchase));
  if (winner) return told(deps, purchase, sameRequest(winner, fingerprint));
  const standing = await deps.orders.standing(payment.payer, deps.chainId);
  return { kind: "refused", reason: withoutRoom(standing, deps.clock.nowMs()) };
}

const NOT_YOURS =
  "This payment is on chain already. Sign in as its payer and send the request again; otherwise it is credited to the payer.";

/**
 * Who sends a payment that nobody else can know says what becomes of it. One that is on chain can be sent by everybody:
 * where it becomes somebody's balance, its payer alone says whose. No facilitator is believed in this.
 *
 * @throws ApiError payment_settled
 */
async function assertDirects(deps: BuyDeps, { sale, payment, call }: Purchase, { isFresh }: Verdict): Promise<void> {
  if (!sale.creditedTo) return;
  const { payer, nonce, payKey } = payment;
  if (isFresh && !(await deps.isUsed(payer, nonce))) return;
  if (await isPayer(deps, payment, call)) return;
  // A copy of a request that is worked on makes no order, and is told of the first one's.
  if (await deps.orders.findByPayKey(payKey)) return;
  throw new ApiError("payment_settled", { message: NOT_YOURS });
}

type Terms = Pick<NewOrder, "input" | "fingerprint" | "reason">;

const newOrder = (deps: BuyDeps, { sale, payment }: Purchase, terms: Terms): NewOrder => ({
  ...terms,
  id: randomUUID(),
  payer: payment.payer,
  chainId: deps.chainId,
  payTo: deps.payTo,
  saleId: sale.id,
  priceMicroUsd: payment.priceMicroUsd,
  payKey: payment.payKey,
  nonce: payment.nonce,
  paymentIdHash: payment.paymentId && hashOfPaymentId(payment.paymentId),
  validBeforeSec: payment.validBeforeSec,
  payload: payment.payload,
  createdAtMs: deps.clock.nowMs(),
});

/** Why nobody is told anything for this payment. The letters of one that was taken need no second look. */
async function faultOf({ receiver }: BuyDeps, payment: MatchedPayment, known: PaidOrder | undefined) {
  if (known && signatureOf(known) === signatureOf(payment)) return undefined;
  return (known ? undefined : payment.fault) ?? (await signatureFault(receiver, payment));
}

const signatureOf = ({ payload }: Pick<MatchedPayment, "payload">): string =>
  String(payload.payload.signature).toLowerCase();

/** @throws ApiError payment_reused when the order is for something else */
function sameRequest(order: PaidOrder, fingerprint: string): PaidOrder {
  if (order.fingerprint !== fingerprint) throw new ApiError("payment_reused");
  return order;
}

/** What the payer bought under the same name. */
async function named({ orders }: BuyDeps, { payment }: Purchase): Promise<PaidOrder | undefined> {
  return payment.paymentId ? orders.findByPaymentId(payment.payer, hashOfPaymentId(payment.paymentId)) : undefined;
}

/** What cannot be verified is not valid, and not invalid either. */
const verify = ({ facilitator }: BuyDeps, payload: PaymentPayload): Promise<Verified> =>
  facilitator.verify(payload, payload.accepted).catch(() => ({ ok: "unknown" }));

type Verdict = { isFresh: boolean; reason: Reason | undefined; isRefused: boolean };

/** Whether the payment can be taken. One that is on chain already is good until it ends, and then for its payer only. */
async function check(deps: BuyDeps, purchase: Purchase): Promise<Verdict> {
  const { payment } = purchase;
  const { payload, payer, nonce, validBeforeSec, priceMicroUsd } = payment;
  const verified = await verify(deps, payload);
  if (verified.ok === true) return { isFresh: true, reason: undefined, isRefused: false };
  // Used a moment ago, perhaps: an order waits until the index knows whether it paid us.
  const reason = verified.ok === false ? verified.reason : undefined;
  if (reason === "already_used" && isGood(deps, payment))
    return { isFresh: false, reason, isRefused: await deps.isRefunded(payer, nonce) };
  const { settlement, knownToSec } = await deps.indexed.findSettlement({ payer, nonce });
  if (settlement?.amount === priceMicroUsd) return claimed(deps, purchase);
  if (reason === undefined) throw unavailable();
  const isKnown = knownToSec !== undefined && knownToSec > validBeforeSec;
  if (isGood(deps, payment) || settlement || isKnown) return { isFresh: false, reason, isRefused: true };
  throw unavailable("Whether this payment has reached the chain cannot be known now. Send the same request again.");
}

async function claimed(deps: BuyDeps, { payment, call }: Purchase): Promise<Verdict> {
  const { payer, nonce } = payment;
  // What was given back buys nothing more.
  if (await deps.isRefunded(payer, nonce)) return { isFresh: false, reason: "already_used", isRefused: true };
  // Whoever holds the header while it is good, as if he had been in time with it; after that its payer alone.
  if (!isGood(deps, payment) && !(await isPayer(deps, payment, call))) throw new ApiError("payment_settled");
  return { isFresh: false, reason: undefined, isRefused: false };
}

const isGood = ({ clock }: BuyDeps, { validBeforeSec }: MatchedPayment): boolean => nowSec(clock) < validBeforeSec;

const unavailable = (message?: string) =>
  new ApiError("payments_unavailable", { retryAfterSec: 5, ...(message && { message }) });

async function isPayer(deps: BuyDeps, { payer }: Pick<MatchedPayment, "payer">, call: Call): Promise<boolean> {
  if (!call.authorization) return false;
  const wallet = await signedInWallet(deps, call.authorization).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined;
    throw error;
  });
  if (wallet?.address.toLowerCase() !== payer) return false;
  return wallet.onlyChainId === undefined || wallet.onlyChainId === deps.chainId;
}

/** Works on a new order. The work goes on when the request has waited long enough. */
async function worked(deps: BuyDeps, order: PaidOrder, { isFresh }: Verdict): Promise<PaidOrder> {
  void deps.desk.begin(order, isFresh).catch(() => {});
  return rested(deps, order);
}

/** An order that was there before, for whoever has its payment header. */
async function told(deps: BuyDeps, { sale, payment, call }: Purchase, order: PaidOrder): Promise<Bought> {
  // He may have lost the first answer; later anybody can have read the signature from the chain. Where a secret opens
  // more than what was bought, not even a moment is given.
  const isYoung = !sale.secretsOf && (isOpen(order) || deps.clock.nowMs() < order.createdAtMs + OWN_MS);
  const isTurnedAway = order.state === "refused" || order.state === "expired";
  const reached = isTurnedAway ? await deps.desk.look(order) : await rested(deps, order);
  const isNamed = payment.paymentId !== undefined && order.paymentIdHash === hashOfPaymentId(payment.paymentId);
  return {
    kind: "order",
    order: reached,
    isReplay: true,
    knowsSecrets: isYoung || isNamed || (await isPayer(deps, payment, call)),
  };
}

async function rested({ clock, stopping, desk }: BuyDeps, order: PaidOrder): Promise<PaidOrder> {
  const over = new AbortController();
  void clock.sleep(ANSWER_MS, AbortSignal.any([stopping, over.signal])).then(() => over.abort());
  try {
    return await desk.rested(order, over.signal);
  } finally {
    over.abort();
  }
}
