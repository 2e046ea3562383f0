import { z } from "zod";
import { type Account, ask, queryOf, type Reply } from "./account.ts";
import { costOf } from "./money.ts";

export type OnSale = {
  phoneNumber: string;
  /** 1e-6 USD; undefined where that is not told in dollars. */
  monthlyMicroUsd: bigint | undefined;
  /** For the first month, with what it costs to get it. */
  costMicroUsd: bigint | undefined;
};

const shape = z.object({
  data: z.array(
    z.object({
      phone_number: z.string().regex(/^\+[1-9]\d{6,14}$/),
      cost_information: z
        .object({ upfront_cost: z.string(), monthly_cost: z.string(), currency: z.string() })
        .partial()
        .nullish(),
      features: z.array(z.object({ name: z.string() })).nullish(),
    }),
  ),
  meta: z
    .object({ total_results: z.int().min(0) })
    .partial()
    .nullish(),
});

/** Numbers that take texts, and how many of them there are; only what was listed can be ordered. */
export async function listOnSale(
  account: Account,
  { country, most }: { country: string; most: number },
): Promise<Reply<{ numbers: OnSale[]; total: number }>> {
  const filters = {
    "filter[country_code]": country,
    "filter[features][]": "sms",
    "filter[limit]": String(most),
    "filter[exclude_held_numbers]": "true",
  };
  const reply = await ask(account, { what: "on sale", path: `/available_phone_numbers${queryOf(filters)}` }, shape);
  if (reply.kind !== "data") return reply;
  // Whatever the filter is taken for.
  const texting = reply.data.data.filter(({ features }) => features?.some(({ name }) => name === "sms") ?? true);
  const total = texting.length === 0 ? 0 : (reply.data.meta?.total_results ?? texting.length);
  return { kind: "data", data: { numbers: texting.map(onSaleOf), total } };
}

type Told = z.infer<typeof shape>["data"][number];

function onSaleOf({ phone_number: phoneNumber, cost_information: told }: Told): OnSale {
  const dollars = (amount: string | undefined) => costOf({ amount, currency: told?.currency }).costMicroUsd;
  const monthlyMicroUsd = dollars(told?.monthly_cost);
  const once = dollars(told?.upfront_cost);
  const costMicroUsd = monthlyMicroUsd === undefined || once === undefined ? undefined : monthlyMicroUsd + once;
  return { phoneNumber, monthlyMicroUsd, costMicroUsd };
}
