import { call, Refusal } from "./api.ts";

/** How amounts of a token are written; the symbol is null where it tells none, or one that is another's. */
export type Token = { readonly address: string; readonly symbol: string | null; readonly decimals: number };

type Answer = { data: Pick<Token, "symbol" | "decimals"> };

/** Undefined when no token answers there. @throws Refusal */
export async function tokenAt(address: string): Promise<Token | undefined> {
  try {
    const { symbol, decimals } = (await call<Answer>("GET", `/api/402/tokens/${address}`)).data;
    return { address, symbol, decimals };
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return undefined;
    throw error;
  }
}
