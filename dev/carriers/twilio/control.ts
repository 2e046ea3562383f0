import { z } from "zod";
import type { Desk } from "./desk.ts";
import { fault, receipts } from "./faults.ts";
import { receive } from "./receipts.ts";

const times = z.int().min(1).max(1_000).optional();

/** Anything that the sandbox can be told to do otherwise than usual. */
const order = z.union([
  fault,
  z.strictObject({ receipts, times }),
  z.strictObject({ balanceUsd: z.number() }),
  z.strictObject({ account: z.enum(["active", "suspended", "closed"]), type: z.enum(["Full", "Trial"]).optional() }),
  /** Forgets what was ordered. */
  z.strictObject({ usual: z.literal(true) }),
]);
const inbound = z.strictObject({ from: z.string(), to: z.string(), body: z.string() });

export type Order = z.input<typeof order>;

export function take({ faults, state, save }: Desk, given: unknown): void {
  const wanted = order.parse(given);
  if ("at" in wanted) faults.order(wanted);
  else if ("receipts" in wanted) faults.plan(wanted.receipts, wanted.times);
  else if ("usual" in wanted) faults.forget();
  else if ("balanceUsd" in wanted) state.balanceMicroUsd = Math.round(wanted.balanceUsd * 1e6);
  else {
    state.accountStatus = wanted.account;
    state.accountType = wanted.type ?? state.accountType;
  }
  save();
}

/** The other side of the counter, `/sandbox/…`, for tests and for whoever tries things out. */
export async function control(desk: Desk, route: string, body: unknown): Promise<unknown> {
  if (route === "POST /sandbox/faults") take(desk, body);
  else if (route === "POST /sandbox/inbound") return { status: await receive(desk, inbound.parse(body)) };
  else if (route === "GET /sandbox/messages") return desk.state.messages;
  else if (route === "GET /sandbox/numbers") return desk.state.numbers;
  else
    throw new Error("there are POST /sandbox/faults and /sandbox/inbound, GET /sandbox/messages and /sandbox/numbers");
  return { taken: true };
}
