import { randomUUID } from "node:crypto";
import type { KeyHolder } from "../../identity/api-key.ts";
import { fingerprintOf } from "../../identity/fingerprint.ts";
import { inFlight, sameRequest } from "../../identity/idempotency-key.ts";
import { inTurn } from "../../ledger/turns.ts";
import { hold } from "../../ledger.ts";
import { type Call, type Covered, type JsonObject, priceAsked, type Sale } from "../../sale.ts";
import { type FulfilDeps, fulfil } from "./fulfil.ts";
import type { BalanceOrder } from "./order.ts";
import { addOrder, findNamed } from "./orders.ts";

export type BuyDeps = FulfilDeps & { readonly stopping: AbortSignal };

export type Purchase = {
  readonly sale: Sale;
  readonly call: Call;
  readonly by: KeyHolder;
};

export type Bought =
  | { kind: "order"; order: BalanceOrder; isReplay: boolean }
  /** Something that was paid before covers it. */
  | ({ kind: "covered" } & Covered);

/** A request is held for so long at most; the work goes on. */
const ANSWER_MS = 20_000;
/** The worker leaves a new order to the request that made it for so long. */
const FIRST_DUE_MS = 30_000;

/**
 * Buys from a balance: checks everything, sets the price aside, has the effect, and then charges or gives back.
 *
 * @throws ApiError insufficient_balance, key_cap_reached, idempotency_conflict, request_in_flight, and whatever the sale says before money
 */
export async function buy(deps: BuyDeps, purchase: Purchase): Promise<Bought> {
  const { sale, call, by } = purchase;
  const fingerprint = fingerprintOf(sale, call);
  const known = await named(deps, purchase);
  if (known) return told(sameRequest(known, fingerprint, by));
  const covered = await sale.covered?.(call);
  if (covered) return { kind: "covered", ...covered };
  const { address: payer, chainId } = by.holder;
  const input = await sale.prepare(call, { payer, chainId });
  const order = await held(deps, purchase, { input, fingerprint });
  if (order) return { kind: "order", order: await worked(deps, sale, order), isReplay: false };
  // A copy of this request was quicker.
  const winner = await named(deps, purchase);
  if (!winner) throw inFlight();
  return told(sameRequest(winner, fingerprint, by));
}

const named = async ({ db }: BuyDeps, { by, call }: Purchase): Promise<BalanceOrder | undefined> =>
  call.idempotencyKey === undefined ? undefined : findNamed(db.pool, by.accountId, call.idempotencyKey);

/** @throws ApiError request_in_flight */
function told(order: BalanceOrder): Bought {
  if (order.state === "held") throw inFlight();
  return { kind: "order", order, isReplay: true };
}

type Terms = { readonly input: JsonObject; readonly fingerprint: string };

/** Order and hold stand together or not at all; undefined when the account has given this name before. */
function held({ db, clock }: BuyDeps, { sale, call, by }: Purchase, terms: Terms): Promise<BalanceOrder | undefined> {
  const nowMs = clock.nowMs();
  const id = randomUUID();
  const { accountId, keyId, holder } = by;
  const amountMicroUsd = priceAsked(sale, call);
  const inTransaction = () =>
    db.transaction(async (client) => {
      const order = await addOrder(
        client,
        {
          ...terms,
          id,
          accountId,
          keyId,
          saleId: sale.id,
          idempotencyKey: call.idempotencyKey,
          payer: holder.address,
          chainId: holder.chainId,
          priceMicroUsd: amountMicroUsd,
          createdAtMs: nowMs,
        },
        nowMs + FIRST_DUE_MS,
      );
      if (!order) return undefined;
      const at = new Date(nowMs);
      const isHeld = await hold(client, {
        cause: `hold:${id}`,
        accountId,
        orderId: id,
        keyId,
        item: sale.id,
        amountMicroUsd,
        at,
      });
      if (!isHeld) throw new Error(`the price of order ${id} was held before the order was made`);
      return order;
    });
  return inTurn(db.pool, accountId, inTransaction);
}

/** The order as far as it has come when the request has waited long enough. Once money is held nothing is an error. */
async function worked(deps: BuyDeps, sale: Sale, order: BalanceOrder): Promise<BalanceOrder> {
  const over = new AbortController();
  const leftToWorker = (error: unknown) => {
    deps.log.error({ orderId: order.id, err: error }, "a paid order is left to the worker");
    return order;
  };
  const working = fulfil(deps, sale, order).catch(leftToWorker);
  const patience = deps.clock.sleep(ANSWER_MS, AbortSignal.any([deps.stopping, over.signal])).then(() => order);
  const reached = await Promise.race([working, patience]);
  over.abort();
  return reached;
}
