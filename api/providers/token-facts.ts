import { type Address, parseAbi } from "viem";
import { NATIVE_TOKEN } from "../../contracts/chains.ts";
import { CACHE, Recent } from "../limits.ts";
import type { ChainReader } from "./chain.ts";

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

/** Undefined when the token does not tell its decimals, or the chain cannot be read right now: asked again the next time. */
export type TokenFactsOf = (token: Address) => Promise<TokenFacts | undefined>;

/** What a token said once stays true. */
export function createTokenFacts(chain: Pick<ChainReader, "chain" | "client">): TokenFactsOf {
  const known = new Recent<Promise<TokenFacts | undefined>>(CACHE.apis);
  return (token) => {
    const kept = known.get(token.toLowerCase());
    if (kept) return kept;
    const asked = tokenFactsOf(chain, token).then((facts) => {
      if (!facts) known.delete(token.toLowerCase());
      return facts;
    });
    known.set(token.toLowerCase(), asked);
    return asked;
  };
}

/** Undefined when the token does not tell its decimals, or the chain cannot be read right now. */
export async function tokenFactsOf(
  { chain, client }: Pick<ChainReader, "chain" | "client">,
  address: Address,
): Promise<TokenFacts | undefined> {
  if (address === NATIVE_TOKEN) return { symbol: chain.nativeSymbol, decimals: 18, isKnown: true };
  const ask = <T>(answer: Promise<T>) => answer.catch(() => undefined);
  const [said, decimals] = await Promise.all([
    ask(client.readContract({ address, abi: factsAbi, functionName: "symbol" })),
    ask(client.readContract({ address, abi: factsAbi, functionName: "decimals" })),
  ]);
  if (decimals === undefined) return undefined;
  const [known] = Object.entries(chain.tokens).find(([, token]) => token.toLowerCase() === address.toLowerCase()) ?? [];
  if (known !== undefined) return { symbol: known, decimals, isKnown: true };
  const isTaken = [...TAKEN, ...Object.keys(chain.tokens)].includes(said?.toUpperCase() ?? "");
  return { symbol: said && SYMBOL.test(said) && !isTaken ? said : undefined, decimals, isKnown: false };
}
