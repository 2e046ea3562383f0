import type { Address } from "viem";
import { paymentGatewayAbi } from "../../contracts/abi.ts";
import { type Clock, nowSec } from "../clock.ts";
import type { Changes, Db } from "../db.ts";
import { ApiError } from "../errors.ts";
import { asked, type ChainReader } from "./chain.ts";

/** `payableUntilSec`: last second at which the gateway still takes this fee, when a rise is due. */
export type FeeQuote = { feeBps: number; payableUntilSec: number | undefined };

/** The gateway's fee, which every bound payment id contains. Read ahead of time, so that a quote asks nobody. */
export type GatewayFees = {
  /** The fee to quote with now. @throws ApiError chain_unavailable when no fee was ever read */
  quote(): FeeQuote;
  /** Every fee that a quote can have been made with, the likeliest first. */
  known(): readonly number[];
  /** False when the gateway is known to refuse a quote with this fee in every block after `knownToSec`. */
  takes(feeBps: number, knownToSec: number): boolean;
  /** Reads the gateway. @throws ApiError chain_unavailable */
  refresh(): Promise<void>;
};

export type FeesDeps = { chain: ChainReader; gateway: Address; db: Db; changes: Changes; clock: Clock };

type Reading = { feeBps: number; pending: { feeBps: number; effectiveAt: number } | undefined };

/** So close to a rise, a quote is made with the new fee: the old one would end before an agent has paid. */
const TOO_SHORT_SEC = 5;

/** Works with the last fee that is on record until the chain answers for the first time. */
export async function openGatewayFees(deps: FeesDeps): Promise<GatewayFees> {
  let known = await recorded(deps);
  let reading: (Reading & { sinceSec: number }) | undefined;
  deps.changes.on((what) => {
    if (what === undefined || what === "fees")
      recorded(deps).then(
        (fees) => {
          known = fees;
        },
        () => {},
      );
  });
  return {
    quote: () => {
      const lastSeen = known[0];
      if (reading) return feeAt(reading, nowSec(deps.clock));
      if (lastSeen === undefined) throw new ApiError("chain_unavailable", { retryAfterSec: 5 });
      return { feeBps: lastSeen, payableUntilSec: undefined };
    },
    known: () => known,
    takes: (feeBps, knownToSec) =>
      !reading || knownToSec <= reading.sinceSec || [reading.feeBps, reading.pending?.feeBps].includes(feeBps),
    refresh: async () => {
      const fresh = await read(deps);
      const fees = [fresh.feeBps, ...(fresh.pending ? [fresh.pending.feeBps] : [])];
      // On record before the first quote is made with it: another process may be asked to verify that quote.
      if (fresh.feeBps !== known[0] || fees.some((fee) => !known.includes(fee))) await record(deps, fresh);
      known = [...new Set([...fees, ...known])];
      const sinceSec = reading?.feeBps === fresh.feeBps ? reading.sinceSec : nowSec(deps.clock);
      reading = { ...fresh, sinceSec };
    },
  };
}

function feeAt({ feeBps, pending }: Reading, atSec: number): FeeQuote {
  if (!pending) return { feeBps, payableUntilSec: undefined };
  if (atSec + TOO_SHORT_SEC >= pending.effectiveAt) return { feeBps: pending.feeBps, payableUntilSec: undefined };
  return { feeBps, payableUntilSec: pending.effectiveAt - 1 };
}

async function read({ chain, gateway }: FeesDeps): Promise<Reading> {
  const contract = { address: gateway, abi: paymentGatewayAbi } as const;
  const [feeBps, [pendingBps, effectiveAt]] = await asked(
    Promise.all([
      chain.client.readContract({ ...contract, functionName: "feeBps" }),
      chain.client.readContract({ ...contract, functionName: "pendingFee" }),
    ]),
  );
  const pending = effectiveAt > 0n ? { feeBps: pendingBps, effectiveAt: Number(effectiveAt) } : undefined;
  return { feeBps, pending };
}

async function recorded({ db, chain }: FeesDeps): Promise<number[]> {
  const { rows } = await db.pool.query<{ fee_bps: number }>(
    "select fee_bps from app.gateway_fee where chain_id = $1 order by seen_at desc",
    [chain.chain.id],
  );
  return rows.map((row) => row.fee_bps);
}

/** The fee in force becomes the newest on record, also when it came back; one that is only due never does. */
async function record({ db, chain, clock }: FeesDeps, { feeBps, pending }: Reading): Promise<void> {
  await db.transaction(async (client) => {
    const insert = "insert into app.gateway_fee (chain_id, fee_bps, seen_at) values ($1, $2, $3) on conflict";
    const chainId = chain.chain.id;
    if (pending) await client.query(`${insert} do nothing`, [chainId, pending.feeBps, new Date(0)]);
    await client.query(`${insert} (chain_id, fee_bps) do update set seen_at = excluded.seen_at`, [
      chainId,
      feeBps,
      new Date(clock.nowMs()),
    ]);
    await db.announce(client, "fees");
  });
}
