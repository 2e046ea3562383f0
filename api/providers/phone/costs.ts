import type pg from "pg";

type Cost = {
  reference: string;
  carrier: string;
  /** 1e-6 USD. */
  costMicroUsd: bigint;
  at: Date;
};

/** Writes down what the carrier took for an effect; what it tells last counts. */
export async function keepCost(
  on: Pick<pg.Pool, "query">,
  { reference, carrier, costMicroUsd, at }: Cost,
): Promise<void> {
  await on.query(
    `insert into app.carrier_cost (reference, carrier, cost_micro_usd, told_at) values ($1, $2, $3, $4)
     on conflict (reference) do update set cost_micro_usd = excluded.cost_micro_usd, told_at = excluded.told_at`,
    [reference, carrier, costMicroUsd.toString(), at],
  );
}
