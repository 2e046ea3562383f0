import type { Deps } from "../../deps.ts";
import { MASKED_API, VALID_FOR_SEC } from "../../limits.ts";
import type { TokenFactsOf } from "../../providers/token-facts.ts";
import { shared } from "../shared.ts";
import type { GateData } from "./browser/gate/data.ts";
import { walletChainOf } from "./wallet-chain.ts";

export type GateDataDeps = Pick<Deps, "publicUrl" | "chain" | "fees" | "clock"> & { readonly tokenFacts: TokenFactsOf };

/** A token that does not answer now is asked again after this. */
const KEPT_MS = 60_000;

/** What the form has to know: where it sells, in which tokens, and what the contract keeps. */
export function createGateData({ publicUrl, chain, fees, clock, tokenFacts }: GateDataDeps): () => Promise<GateData> {
  const tokens = shared({ clock, keptMs: KEPT_MS }, () =>
    Promise.all(
      Object.entries(chain.chain.tokens).map(async ([symbol, address]) => {
        const facts = await tokenFacts(address).catch(() => undefined);
        return { symbol, address, decimals: facts?.decimals ?? null };
      }),
    ),
  );
  return async () => ({
    publicUrl,
    chain: walletChainOf(chain.chain),
    tokens: await tokens(),
    feeBps: feeNow(fees),
    validForSec: VALID_FOR_SEC,
    headersMost: MASKED_API.upstreamHeaders,
  });
}

function feeNow(fees: Deps["fees"]): number | null {
  try {
    return fees.quote().feeBps;
  } catch {
    return null;
  }
}
