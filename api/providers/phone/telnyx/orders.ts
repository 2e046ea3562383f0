import { z } from "zod";
import type { NumberOrder } from "../../phone.ts";
import { type Account, act, ask, queryOf, type Reply } from "./account.ts";

/** An order of one number at Telnyx, which it fills in its own time. */
export type PlacedOrder = {
  id: string;
  status: "pending" | "success" | "failure";
  phoneNumber: string | undefined;
  /** False: it waits for papers that this country asks for. */
  isComplete: boolean;
  parts: string[];
};

const order = z
  .object({
    id: z.uuid(),
    status: z.enum(["pending", "success", "failure"]),
    phone_numbers: z.array(z.object({ phone_number: z.string() }).loose()).nullish(),
    requirements_met: z.boolean().nullish(),
    sub_number_orders_ids: z.array(z.string()).nullish(),
    customer_reference: z.string().nullish(),
  })
  .transform((told) => ({
    id: told.id,
    status: told.status,
    phoneNumber: told.phone_numbers?.[0]?.phone_number,
    isComplete: told.requirements_met ?? true,
    parts: told.sub_number_orders_ids ?? [],
    reference: told.customer_reference,
  }));

/** Orders a number that was listed as on sale. */
export async function placeOrder(
  account: Account,
  { reference, requirements = {} }: NumberOrder,
  phoneNumber: string,
): Promise<Reply<PlacedOrder>> {
  const { requirement_group_id: group } = requirements;
  const body = {
    phone_numbers: [{ phone_number: phoneNumber, ...(group !== undefined && { requirement_group_id: group }) }],
    messaging_profile_id: account.env.profileId,
    customer_reference: reference,
  };
  const asked = { what: "order", method: "POST", path: "/number_orders", body } as const;
  return only(await act(account, asked, z.object({ data: order })));
}

/** Those of a reference, failed ones among them. */
export async function listOrders(account: Account, reference: string): Promise<Reply<PlacedOrder[]>> {
  const filters = { "filter[customer_reference]": reference, "page[size]": "50" };
  const asked = { what: "orders", path: `/number_orders${queryOf(filters)}` };
  const reply = only(await ask(account, asked, z.object({ data: z.array(order) })));
  // Whatever the filter is taken for: another one's order is none of this reference.
  if (reply.kind !== "data") return reply;
  return { kind: "data", data: reply.data.filter((one) => one.reference === reference) };
}

/** Telnyx fills most orders within seconds: who waits for so long has the number with his answer. */
const LOOKS = 4;
const LOOK_MS = 1_000;

/** The order as it is in the end, or after a while. */
export async function awaitOrder(account: Account, placed: PlacedOrder): Promise<PlacedOrder> {
  let seen = placed;
  for (let look = 0; look < LOOKS && seen.status === "pending" && seen.isComplete; look++) {
    if (look > 0) await account.clock.sleep(LOOK_MS);
    const asked = { what: "orders", path: `/number_orders/${placed.id}` };
    const reply = only(await ask(account, asked, z.object({ data: order })));
    if (reply.kind === "data") seen = reply.data;
  }
  return seen;
}

/** Takes back an order that waits for papers which nobody will hand in. True: it will not be filled any more. */
export async function cancelOrder(account: Account, { parts }: PlacedOrder): Promise<boolean> {
  for (const part of parts) {
    const path = `/sub_number_orders/${encodeURIComponent(part)}/cancel`;
    const { kind } = await act(
      account,
      { what: "cancel", method: "PATCH", path },
      z.object({ data: z.looseObject({}) }),
    );
    if (kind !== "data") return false;
  }
  return parts.length > 0;
}

const only = <T>(reply: Reply<{ data: T }>): Reply<T> =>
  reply.kind === "data" ? { kind: "data", data: reply.data.data } : reply;
