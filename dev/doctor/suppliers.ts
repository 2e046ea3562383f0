import { pino } from "pino";
import { systemClock } from "../../api/clock.ts";
import type { Env } from "../../api/env.ts";
import { openOtp } from "../../api/providers/otp.ts";
import { type Seen, usd } from "./check.ts";

/** Below this, 1e-6 USD, numbers are soon refused. */
const LOW_MICRO_USD = 1_000_000n;

/** What is left at each supplier of one-time codes, and what they have on sale. */
export async function suppliers({ otp: env }: Env): Promise<Seen> {
  if (!env) return { facts: { suppliers: "none: no codes are sold" } };
  const otp = await openOtp(env, { clock: systemClock, log: pino({ level: "silent" }) });
  try {
    const [balances, offers] = await Promise.all([otp.health(), otp.offers().catch(() => [])]);
    const inStock = offers.filter(({ stock }) => stock > 0).length;
    const told = balances.map(({ supplier, balanceMicroUsd }) => balanceOf(supplier, balanceMicroUsd));
    const bare = inStock === 0 ? ["No supplier has anything in stock that OTP_CATALOG sells."] : [];
    return {
      problems: [...told.flatMap(({ problems }) => problems), ...bare],
      facts: { ...Object.assign({}, ...told.map(({ facts }) => facts)), "offers in stock": String(inStock) },
    };
  } finally {
    await otp.close();
  }
}

function balanceOf(supplier: number, balanceMicroUsd: bigint | undefined) {
  const name = `supplier ${supplier}`;
  if (balanceMicroUsd === undefined) {
    const variable = supplier === 1 ? "OTP_SUPPLIER" : `OTP_SUPPLIER_${supplier}`;
    return { problems: [`Supplier ${supplier} tells no balance: see ${variable}_URL and ${variable}_KEY.`], facts: {} };
  }
  const isLow = balanceMicroUsd < LOW_MICRO_USD;
  return {
    problems: isLow ? [`The balance at supplier ${supplier} is low: top it up.`] : [],
    facts: { [name]: usd(balanceMicroUsd) },
  };
}
