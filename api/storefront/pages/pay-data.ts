import type { Hex } from "viem";
import { NATIVE_TOKEN } from "../../../contracts/chains.ts";
import type { Deps } from "../../deps.ts";
import type { MaskedApi } from "../../products/masked-api/masked-api.ts";
import type { TokenFacts, TokenFactsOf } from "../../providers/token-facts.ts";
import { shared } from "../shared.ts";
import type { PayData } from "./browser/pay/data.ts";
import { shortHex } from "./browser/short-hex.ts";
import { walletChainOf } from "./wallet-chain.ts";

export type PayDataDeps = Pick<Deps, "publicUrl" | "chain" | "clock" | "gateway"> & {
  readonly tokenFacts: TokenFactsOf;
};

/** A chain is asked what it is so seldom. */
const KEPT_MS = 600_000;

/** What people see of a masked API, and their scripts: undefined where there is none, or none any more. */
export type PayDataOf = (apiId: string, api: MaskedApi | undefined) => Promise<Shown>;

export type Shown = { readonly data: PayData; readonly facts: TokenFacts | undefined };

export function createPayData(deps: PayDataDeps): PayDataOf {
  const firstBlockHash = createFirstBlock(deps);
  return async (apiId, found) => {
    const api = found?.isClosed ? undefined : found;
    const token = api?.terms[0].token ?? NATIVE_TOKEN;
    const [facts, hash] = await Promise.all([deps.tokenFacts(token).catch(() => undefined), firstBlockHash()]);
    const data: PayData = {
      apiId,
      state: stateOf(api),
      name: api?.terms[0].name || "An API behind a price",
      url: `${deps.publicUrl}/api/${apiId}`,
      methods: [...(api?.allowedMethods ?? ["GET"])],
      contract: deps.gateway,
      chain: { ...walletChainOf(deps.chain.chain), firstBlockHash: hash ?? null },
      token: {
        address: token,
        isNative: token === NATIVE_TOKEN,
        symbol: facts?.symbol ?? `units of ${shortHex(token)}`,
        decimals: facts?.decimals ?? null,
      },
    };
    return { data, facts };
  };
}

function stateOf(api: MaskedApi | undefined): PayData["state"] {
  if (!api) return "gone";
  return api.status === "paused" ? "paused" : "active";
}

/** Tells a chain from another that goes by the same number; asked again while it is not known. */
function createFirstBlock({ chain, clock }: PayDataDeps): () => Promise<Hex | undefined> {
  const asked = shared({ clock, keptMs: KEPT_MS }, async () => (await chain.client.getBlock({ blockNumber: 0n })).hash);
  return () => asked().catch(() => undefined);
}
