import type { ServerResponse } from "node:http";
import { z } from "zod";

/** What can be asked of the carrier, as faults name it. */
export const PLACES = [
  ...["search", "order", "filling", "orders", "cancel", "held", "configure", "release"],
  ...["text", "message", "records", "profile", "balance", "lookup"],
] as const;

/** What goes wrong with the next answers at `place`. */
export const fault = z.strictObject({
  place: z.enum(PLACES as unknown as [string, ...string[]]),
  how: z.enum(["429", "500", "html", "garbage", "silence", "reset", "half", "refuse"]),
  /** For 429. */
  retryAfterSec: z.int().min(0).max(3_600).optional(),
  /** For `refuse`: Telnyx's own code, and the status that it comes with. */
  code: z.string().max(10).optional(),
  status: z.int().min(400).max(499).optional(),
  /** Whether what was asked for is done all the same. */
  done: z.boolean().optional(),
  times: z.int().min(1).max(1_000).optional(),
});
export type Fault = z.infer<typeof fault>;

/** What becomes of the next text, or the next order. */
export const plan = z.union([
  z.strictObject({
    text: z.enum(["usual", "none", "early", "duplicate", "reordered", "undelivered", "unconfirmed", "forged", "old"]),
    times: z.int().min(1).max(1_000).optional(),
  }),
  z.strictObject({
    order: z.enum(["usual", "gone", "fails", "papers", "never"]),
    times: z.int().min(1).max(1_000).optional(),
  }),
]);
export type Plan = z.infer<typeof plan>;
export type TextPlan = Extract<Plan, { text: string }>["text"];
export type OrderPlan = Extract<Plan, { order: string }>["order"];

/** Faults and plans that were ordered, in the order in which they come up. */
export function createFaults() {
  const waiting: Fault[] = [];
  const texts: TextPlan[] = [];
  const orders: OrderPlan[] = [];
  return {
    order: (one: Fault) => void waiting.push(...Array<Fault>(one.times ?? 1).fill(one)),
    plan: (one: Plan) => {
      if ("text" in one) texts.push(...Array<TextPlan>(one.times ?? 1).fill(one.text));
      else orders.push(...Array<OrderPlan>(one.times ?? 1).fill(one.order));
    },
    take: (place: string): Fault | undefined => {
      const at = waiting.findIndex((one) => one.place === place);
      return at < 0 ? undefined : waiting.splice(at, 1)[0];
    },
    nextText: (): TextPlan => texts.shift() ?? "usual",
    nextOrder: (): OrderPlan => orders.shift() ?? "usual",
    forget: () => {
      for (const list of [waiting, texts, orders]) list.splice(0);
    },
  };
}
export type Faults = ReturnType<typeof createFaults>;

/** Sends what is to come in place of an answer; `text` is that answer, where it was done. */
export function spoil(response: ServerResponse, fault: Fault, text: string): void {
  const { how } = fault;
  if (how === "silence") return;
  if (how === "reset") return void response.socket?.resetAndDestroy();
  if (how === "half") {
    response.setHeader("Content-Length", Buffer.byteLength(text) + 100);
    response.write(text.slice(0, 20), () => response.destroy());
    return;
  }
  if (how === "html")
    return void response.setHeader("Content-Type", "text/html").end("<!doctype html><title>Wait</title>");
  if (how === "garbage") return void response.end(Buffer.from('ff00fe{"data":', "latin1"));
  const { status, code } = errorOf(fault);
  if (how === "429" && fault.retryAfterSec !== undefined) response.setHeader("Retry-After", fault.retryAfterSec);
  response.writeHead(status).end(JSON.stringify({ errors: [{ code, title: "As it was ordered" }] }));
}

function errorOf({ how, status = 400, code = "10015" }: Fault): { status: number; code: string } {
  if (how === "429") return { status: 429, code: "10011" };
  return how === "500" ? { status: 500, code: "10007" } : { status, code };
}
