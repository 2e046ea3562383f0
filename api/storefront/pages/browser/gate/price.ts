import { parseUnits, readable } from "../amount.ts";
import { byId } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";
import { written } from "./fields.ts";
import type { Token } from "./token-picker.ts";

const BPS = 10_000n;

/** What is asked for, in atomic units. @throws InvalidField */
export function amountOf({ decimals }: Token): bigint {
  const text = written("p_amount_wei");
  if (text === "") throw new InvalidField("p_amount_wei", "is missing");
  try {
    return parseUnits(text, decimals);
  } catch (error) {
    throw new InvalidField("p_amount_wei", (error as Error).message);
  }
}

/** Shows what the contract keeps of each payment and what reaches the merchant, counted as the contract counts. */
export function showNet(token: Token | undefined, feeBps: number | null): void {
  const { fee, net } = netOf(token, feeBps);
  byId("fee").textContent = fee;
  byId("net").textContent = net;
}

function netOf(token: Token | undefined, feeBps: number | null): { fee: string; net: string } {
  if (feeBps === null) return { fee: "cannot be read right now", net: "–" };
  const percent = `${feeBps / 100} % of each payment`;
  const amount = token && tryAmount(token);
  if (!token || !amount) return { fee: percent, net: "–" };
  const fee = (amount * BigInt(feeBps)) / BPS;
  const shown = (units: bigint) => `${readable(units, token.decimals)} ${token.symbol}`;
  return { fee: `${percent}, ${shown(fee)}`, net: `${shown(amount - fee)} of each ${shown(amount)}` };
}

function tryAmount(token: Token): bigint | undefined {
  try {
    return amountOf(token);
  } catch {
    return undefined;
  }
}
