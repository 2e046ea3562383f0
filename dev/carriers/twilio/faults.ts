import type { ServerResponse } from "node:http";
import { z } from "zod";

export const WHATS = [
  ...["search", "prices", "buy", "find_number", "number", "configure", "join", "release"],
  ...["send", "find_text", "catch_up", "message", "look_up", "account", "balance", "service"],
] as const;

/** What goes wrong with the next requests of a kind. */
export const fault = z.strictObject({
  at: z.string().refine((at) => (WHATS as readonly string[]).includes(at), `needs one of ${WHATS.join(", ")}`),
  how: z.enum(["silence", "reset", "half", "slow", "html", "500", "503", "429", "error", "unconfigured"]),
  /** For `429`. */
  retryAfterSec: z.int().min(0).max(3_600).optional(),
  /** For `error`: what Twilio answers instead, without doing anything. */
  status: z.int().min(400).max(599).optional(),
  code: z.int().optional(),
  /** For `slow`. */
  slowMs: z.int().min(0).max(600_000).optional(),
  /** Whether what was asked for is done all the same; `slow`, `half` and `unconfigured` always do it. */
  done: z.boolean().optional(),
  times: z.int().min(1).max(1_000).optional(),
});

/** What happens to the receipts of the next texts. */
export const receipts = z.enum([
  ...["usual", "twice", "reversed", "early", "bad_signature", "never", "undelivered", "failed", "opted_out"],
] as const);

export type Fault = z.infer<typeof fault>;
export type Receipts = z.infer<typeof receipts>;

/** What was ordered to go otherwise, in the order in which it comes up. */
export function createFaults() {
  const waiting: Fault[] = [];
  const plans: Receipts[] = [];
  return {
    order: (one: Fault) => void waiting.push(...Array<Fault>(one.times ?? 1).fill(fault.parse(one))),
    take: (at: string): Fault | undefined => {
      const index = waiting.findIndex((one) => one.at === at);
      return index < 0 ? undefined : waiting.splice(index, 1)[0];
    },
    plan: (plan: Receipts, times = 1) => void plans.push(...Array<Receipts>(times).fill(plan)),
    takePlan: (): Receipts => plans.shift() ?? "usual",
    forget: () => {
      waiting.splice(0);
      plans.splice(0);
    },
  };
}

export const doesIt = ({ how, done }: Fault): boolean =>
  done === true || how === "slow" || how === "half" || how === "unconfigured";

/** Sends what is to come in place of `text`. */
export function spoil(response: ServerResponse, { how, slowMs, retryAfterSec }: Fault, text: string): void {
  if (how === "silence") return;
  if (how === "reset") return void response.socket?.resetAndDestroy();
  if (how === "slow") {
    const timer = setTimeout(() => response.end(text), slowMs ?? 1_000);
    return void response.once("close", () => clearTimeout(timer));
  }
  if (how === "half") {
    response.setHeader("Content-Length", Buffer.byteLength(text) + 1);
    return void response.write(text, () => response.destroy());
  }
  if (how === "html") {
    response.setHeader("Content-Type", "text/html");
    return void response.end("<!doctype html><title>Just a moment…</title>");
  }
  response.statusCode = Number(how);
  if (how === "429" && retryAfterSec !== undefined) response.setHeader("Retry-After", String(retryAfterSec));
  const code = how === "429" ? 20429 : 20500;
  response.end(JSON.stringify({ code, message: "Internal Server Error", status: Number(how) }));
}
