import { ApiError } from "../errors.ts";
import type { Asked } from "../identity/asked.ts";
import type { BalanceTill } from "../payments/balance/balance.ts";
import type { Told } from "../payments/x402/answers.ts";
import type { PayPerCall } from "../payments/x402/pay-per-call.ts";
import type { Payment } from "../payments/x402/payment.ts";

export type Tills = {
  readonly payPerCall: Pick<PayPerCall, "sell" | "ask">;
  readonly balance: Pick<BalanceTill, "sell">;
};

/** A payment that comes along goes first: nobody signs one without meaning it. @throws ApiError those of both tills */
export async function sell({ payPerCall, balance }: Tills, asked: Asked, payment: Payment | undefined): Promise<Told> {
  const { sale, hasKey } = asked;
  if (payment || !hasKey || sale.isPaidFromBalance === false) return payPerCall.sell(asked, payment);
  try {
    return { kind: "answer", answer: await balance.sell(asked) };
  } catch (error) {
    if (error instanceof ApiError && error.code === "insufficient_balance") return payPerCall.ask(asked, error);
    throw error;
  }
}
