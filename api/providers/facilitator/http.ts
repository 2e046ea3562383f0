import type { PaymentPayload, PaymentRequirements } from "@x402/core/types";
import { Pool } from "undici";
import { type Hash, isHash } from "viem";
import { z } from "zod";
import type { Facilitator, FacilitatorDeps, Settled, Verified } from "../facilitator.ts";
import { reasonOf, settleReasonOf } from "./reasons.ts";

/** A settlement waits for a block or two; whoever takes longer is found out by the index. */
const TIMEOUT_MS = { verify: 5_000, settle: 15_000, health: 1_500 } as const;
const MOST_BYTES = 64 * 1024;

const verification = z.object({ isValid: z.boolean(), invalidReason: z.string().nullish() });
const settlement = z.object({
  success: z.boolean(),
  errorReason: z.string().nullish(),
  transaction: z.string().nullish(),
});

type HttpDeps = Pick<FacilitatorDeps, "log" | "facilitatorAuthorization">;
type Ask = { path: string; timeoutMs: number; body?: unknown };
type Exchange = Ask & { authorization: string | undefined };

/** A facilitator that speaks x402's HTTP. Its answers are believed as far as they cost us nothing, and never told on. */
export function openHttpFacilitator(url: string, deps: HttpDeps): Facilitator {
  const { log, facilitatorAuthorization: authorization } = deps;
  const { origin, pathname, search } = new URL(url);
  const base = pathname.replace(/\/+$/, "");
  const pool = new Pool(origin, { connections: 64, pipelining: 1 });
  const ask = async (asked: Ask) => {
    try {
      return await exchange(pool, { ...asked, path: base + asked.path + search, authorization });
    } catch (error) {
      // Its message may quote what the facilitator said; the code does not.
      const reason = (error as { code?: unknown }).code ?? (error as Error).name;
      log.warn({ path: asked.path, reason }, "the facilitator gives no answer");
      return undefined;
    }
  };
  return {
    verify: async (payload, requirements) => {
      const body = bodyOf(payload, requirements);
      return verified(await ask({ path: "/verify", timeoutMs: TIMEOUT_MS.verify, body }));
    },
    settle: async (payload, requirements) => {
      const body = bodyOf(payload, requirements);
      return settled(await ask({ path: "/settle", timeoutMs: TIMEOUT_MS.settle, body }));
    },
    balanceOf: async () => undefined,
    health: async () => (await ask({ path: "/supported", timeoutMs: TIMEOUT_MS.health }))?.status === 200,
    // What is still asked keeps its order open, and the worker finds out.
    close: () => pool.destroy(),
  };
}

const bodyOf = (paymentPayload: PaymentPayload, paymentRequirements: PaymentRequirements) => ({
  x402Version: 2,
  paymentPayload,
  paymentRequirements,
});

type Exchanged = { status: number; json: unknown };

/** Follows no redirect: what is signed goes to whom the operator named. */
async function exchange(pool: Pool, { path, timeoutMs, body, authorization }: Exchange): Promise<Exchanged> {
  const response = await pool.request({
    path,
    method: body === undefined ? "GET" : "POST",
    headers: {
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(authorization && { authorization }),
    },
    body: body === undefined ? null : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  let text = "";
  for await (const chunk of response.body) {
    text += chunk;
    if (text.length > MOST_BYTES) throw new Error("too long an answer");
  }
  return { status: response.statusCode, json: text === "" ? undefined : JSON.parse(text) };
}

/** Some say with a 4xx that a payment is not valid; what a 5xx says of a payment means nothing. */
function believed<T>(schema: z.ZodType<T>, answer: Exchanged | undefined): T | undefined {
  if (!answer || (answer.status !== 200 && Math.floor(answer.status / 100) !== 4)) return undefined;
  return schema.safeParse(answer.json).data;
}

function verified(answer: Exchanged | undefined): Verified {
  const told = believed(verification, answer);
  if (!told) return { ok: "unknown" };
  if (!told.isValid) return { ok: false, reason: reasonOf(told.invalidReason) };
  return answer?.status === 200 ? { ok: true } : { ok: "unknown" };
}

function settled(answer: Exchanged | undefined): Settled {
  const told = believed(settlement, answer);
  if (!told) return { ok: "unknown" };
  if (told.success)
    return { ok: true, txHash: isHash(told.transaction ?? "") ? (told.transaction as Hash) : undefined };
  const reason = settleReasonOf(told.errorReason);
  return reason ? { ok: false, reason } : { ok: "unknown" };
}
