import { type Address, parseAbi } from "viem";
import { NATIVE_TOKEN, symbolOf } from "../../contracts/chains.ts";
import { CACHE, Recent } from "../limits.ts";
import { type ChainReader, said } from "./chain.ts";

/** What a token is called and how it counts, as people are shown it. */
export type TokenFacts = {
  /** Undefined where the token tells none, or one that is another's. */
  readonly symbol: string | undefined;
  readonly decimals: number;
  /** False for what only the token says of itself. */
  readonly isKnown: boolean;
};

const factsAbi = parseAbi(["function symbol() view returns (string)", "function decimals() view returns (uint8)"]);

/** Short, and nothing that looks like something else. */
const SYMBOL = /^[A-Za-z0-9.$+-]{1,12}$/;

/** Symbols under which people expect real money, whatever the chain. */
const TAKEN = ["AVAX", "WAVAX", "ETH", "WETH", "BTC", "BTC.B", "WBTC", "USDC", "USDC.E", "USDT", "DAI", "EURC"];

/** Undefined when the token does not tell its decimals: asked again the next time. @throws ApiError chain_unavailable */
export type TokenFactsOf = (token: Address) => Promise<TokenFacts | undefined>;

/** What a token said once stays true. */
export function createTokenFacts(chain: Pick<ChainReader, "chain" | "client">): TokenFactsOf {
  const known = new Recent<Promise<TokenFacts | undefined>>(CACHE.apis);
  return (token) => {
    const kept = known.get(token.toLowerCase());
    if (kept) return kept;
    const asked = tokenFactsOf(chain, token);
    known.set(token.toLowerCase(), asked);
    const forget = () => known.delete(token.toLowerCase());
    asked.then((facts) => facts ?? forget(), forget);
    return asked;
  };
}

/** Undefined when the token does not tell its decimals. @throws ApiError chain_unavailable */
async function tokenFactsOf(
  { chain, client }: Pick<ChainReader, "chain" | "client">,
  address: Address,
): Promise<TokenFacts | undefined> {
  if (address === NATIVE_TOKEN) return { symbol: chain.nativeSymbol, decimals: 18, isKnown: true };
  const [name, decimals] = await Promise.all([
    said(client.readContract({ address, abi: factsAbi, functionName: "symbol" })),
    said(client.readContract({ address, abi: factsAbi, functionName: "decimals" })),
  ]);
  if (decimals === undefined) return undefined;
  const known = symbolOf(chain, address);
  if (known !== undefined) return { symbol: known, decimals, isKnown: true };
  const isTaken = [...TAKEN, ...Object.keys(chain.tokens)].includes(name?.toUpperCase() ?? "");
  return { symbol: name && SYMBOL.test(name) && !isTaken ? name : undefined, decimals, isKnown: false };
}
