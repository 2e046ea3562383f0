import { shortHex } from "../short-hex.ts";
import { tokenAt } from "../token-at.ts";
import type { Token } from "./data.ts";
import type { Desk } from "./panel.ts";

/** Asks how the tokens count that are not known here yet. What cannot be known now is asked again the next time. */
export async function learnTokens({ tokens }: Pick<Desk, "tokens">, addresses: readonly string[]): Promise<void> {
  const unknown = [...new Set(addresses.map((address) => address.toLowerCase()))].filter((each) => !tokens.has(each));
  const learn = async (address: string) => {
    const token = await tokenAt(address);
    if (token) tokens.set(address, { ...token, symbol: token.symbol ?? unitsOf(address) });
  };
  await Promise.allSettled(unknown.map(learn));
}

/** The token, as far as it is known here; else its amounts are told as they stand on chain. */
export const tokenOf = ({ tokens }: Pick<Desk, "tokens">, address: string): Token =>
  tokens.get(address.toLowerCase()) ?? { address, symbol: `smallest ${unitsOf(address)}`, decimals: 0 };

const unitsOf = (address: string): string => `units of ${shortHex(address)}`;
