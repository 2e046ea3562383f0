import type { Deps } from "../../deps.ts";
import { ApiError } from "../../errors.ts";
import { type CallerAccount, type Credentials, callerAccount, isHis } from "../../identity/account.ts";
import { type Answer, failedAnswer } from "../../identity/answer.ts";
import { keyHolder } from "../../identity/api-key.ts";
import type { Asked } from "../../identity/asked.ts";
import type { JsonObject } from "../../sale.ts";
import { cancelAnswer, orderAnswer } from "./answers.ts";
import { cancel } from "./cancel.ts";
import { type Browse, listCountries, listServices } from "./catalog.ts";
import { type CodeOrder, isOpen } from "./order.ts";
import { findOrder } from "./orders.ts";
import { type PurchaseDeps, type Purchased, purchase } from "./purchase.ts";
import { failureError } from "./refusals.ts";
import { openShelf } from "./shelf.ts";
import { NO_SUPPLIER } from "./supplier.ts";
import { createWatch, type Watch, type Watching } from "./watch.ts";

/** One-time codes, for whichever room a caller came through. */
export type CodeDesk = {
  /** Absent where none are sold. */
  readonly selling: Selling | undefined;
  // What was bought can be read and cancelled without a supplier as well.
  /** @throws ApiError unauthorized, invalid_api_key, not_found */
  order(by: Credentials, asked: Look): Promise<Looked>;
  /** @throws ApiError those of `order` and `cancel` */
  cancel(by: Credentials, orderId: string | undefined): Promise<JsonObject>;
};

export type Selling = {
  services(browse: Browse): Promise<JsonObject>;
  countries(browse: Browse): Promise<JsonObject>;
  /** @throws ApiError unauthorized, invalid_api_key, and those of `purchase` */
  purchase(asked: Pick<Asked, "requestId" | "credentials" | "call">): Promise<Answer>;
};

export type Look = Pick<Watching, "waitSec" | "gone"> & { readonly orderId: string | undefined };

/** `againSec`: when it is worth to ask again, while the order is open. */
export type Looked = { readonly body: JsonObject; readonly againSec: number | undefined };

export function openCodeDesk(deps: Deps): CodeDesk {
  const { otp, otpMarginPercent } = deps;
  const order = { ...deps, otp: otp ?? NO_SUPPLIER, watch: createWatch(deps) };
  return {
    selling: otp && sellingOf({ ...deps, otp, shelf: openShelf(otp, otpMarginPercent) }),
    order: async (by, asked) => {
      const seen = await watched(order, by, asked);
      const body = orderAnswer(seen, deps.clock.nowMs());
      return { body, againSec: isOpen(seen) ? Number(body.retry_after_sec) : undefined };
    },
    cancel: async (by, orderId) =>
      cancelAnswer(await cancel(order, await ownOrder(deps, await callerAccount(deps, by), orderId))),
  };
}

const sellingOf = (deps: Deps & PurchaseDeps): Selling => ({
  services: (browse) => listServices(deps.shelf, browse),
  countries: (browse) => listCountries(deps.shelf, browse),
  purchase: async ({ requestId, credentials, call }) => {
    const by = await keyHolder(deps, credentials().apiKey);
    const asked = await call();
    return told(await purchase(deps, { call: asked, by, idempotencyKey: asked.idempotencyKey }), requestId);
  },
});

/** The same answer to the same request, whatever became of the order since. */
function told({ order, isReplay }: Purchased, requestId: string): Answer {
  if (order.answer) return { status: 200, body: order.answer, isReplay };
  return failedAnswer({ error: failureError(order), requestId, isReplay });
}

type LookDeps = Omit<Deps, "otp"> & { readonly watch: Watch };

async function watched(deps: LookDeps, by: Credentials, { orderId, waitSec, gone }: Look): Promise<CodeOrder> {
  const asker = await callerAccount(deps, by);
  if (orderId === undefined) return ownOrder(deps, asker, orderId);
  const caller = String(asker.accountIds[0]);
  return deps.watch(() => ownOrder(deps, asker, orderId), { orderId, waitSec, caller, gone });
}

/** Nobody but its buyer and its account is told that there is such an order. @throws ApiError not_found */
async function ownOrder({ db }: Pick<Deps, "db">, asker: CallerAccount, id: string | undefined): Promise<CodeOrder> {
  const order = id === undefined ? undefined : await findOrder(db.pool, id);
  if (!order || !isHis(asker, order)) throw new ApiError("not_found", { message: "There is no such order." });
  return order;
}
