import type { Deps } from "../../deps.ts";
import { ApiError, invalidField } from "../../errors.ts";
import { tellBalance } from "../../identity/balance.ts";
import { readOrderId } from "../../identity/order-id.ts";
import { WAIT } from "../../limits.ts";
import type { BalanceTill } from "../../payments/balance/balance.ts";
import type { PayPerCall } from "../../payments/x402/pay-per-call.ts";
import type { CodeDesk } from "../../products/orders/desk.ts";
import { answered } from "./results.ts";
import type { Tool, ToolCall } from "./tool.ts";

/** Where orders are known, whatever was bought and however it was paid. */
export type Books = {
  readonly payPerCall: Pick<PayPerCall, "tellOrder">;
  readonly balance: Pick<BalanceTill, "tellOrder">;
  readonly codes: CodeDesk;
};

/** What a caller has, and what became of what he bought. */
export const accountTools = (deps: Deps, books: Books): Tool[] => [
  {
    card: {
      name: "balance",
      title: "Balance",
      description: "Tells what the API key, or the signed-in wallet, can spend, and what was credited to it. Free.",
      inputSchema: { type: "object", properties: {} },
      annotations: LOOKS,
    },
    run: async ({ credentials }) => answered(await tellBalance(deps, credentials())),
  },
  {
    card: {
      name: "order_status",
      title: "Order status",
      description:
        "Tells what became of an order: of a call that was paid, or of a number for a one-time code, with the code once it is there. Free. What a balance paid needs the API key or a sign-in.",
      inputSchema: { type: "object", properties: { order_id: ORDER_ID, wait_sec: WAIT_SEC }, required: ["order_id"] },
      annotations: LOOKS,
    },
    run: (call) => statusOf(books, call),
  },
  {
    card: {
      name: "cancel_order",
      title: "Cancel order",
      description:
        "Cancels an order that waits for its one-time code, and gives its price back. Free. Needs the API key or a sign-in.",
      inputSchema: { type: "object", properties: { order_id: ORDER_ID }, required: ["order_id"] },
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    },
    run: async ({ args, credentials }) =>
      answered(await books.codes.cancel(credentials(), readOrderId(args?.order_id))),
  },
];

const LOOKS = { readOnlyHint: true, openWorldHint: false } as const;
const ORDER_ID = { type: "string", description: "as the purchase answered it" };
export const WAIT_SEC = {
  type: "integer",
  minimum: 0,
  maximum: WAIT.maxSec,
  description: "Waits so long for something to happen, instead of answering at once.",
};

async function statusOf({ payPerCall, balance, codes }: Books, { args, credentials, gone }: ToolCall) {
  const orderId = readOrderId(args?.order_id);
  if (orderId === undefined) throw new ApiError("not_found", { message: "There is no such order." });
  const waitSec = waitOf(args?.wait_sec);
  const paid =
    (await payPerCall.tellOrder(orderId, credentials().authorization)) ??
    (await balance.tellOrder(orderId, credentials));
  if (paid) return answered(paid);
  const { body } = await codes.order(credentials(), { orderId, waitSec, gone });
  return answered(body);
}

/** @throws ApiError invalid_field */
export function waitOf(given: unknown): number {
  if (given === undefined) return 0;
  if (typeof given !== "number" || !Number.isInteger(given) || given < 0 || given > WAIT.maxSec)
    throw invalidField("wait_sec", `must be a whole number from 0 to ${WAIT.maxSec}`);
  return given;
}
