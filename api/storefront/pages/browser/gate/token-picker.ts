import { busy, byId, show } from "../dom.ts";
import { InvalidField } from "../invalid-field.ts";
import { fail } from "../status.ts";
import { tokenAt } from "../token-at.ts";
import type { GateData } from "./data.ts";
import { written } from "./fields.ts";

/** A token as the form counts in it. */
export type Token = { readonly symbol: string; readonly address: string; readonly decimals: number };

export type TokenPicker = {
  /** What is chosen, as far as it is known. */
  current(): Token | undefined;
  /** The same, looked up where it has to be. @throws InvalidField, Refusal */
  resolve(): Promise<Token>;
};

const ADDRESS = /^0x[0-9a-f]{40}$/i;

/** One of the known tokens, or another by its address. `changed` is told of every choice. */
export function tokenPicker({ tokens }: Pick<GateData, "tokens">, changed: () => void): TokenPicker {
  const select = byId<HTMLSelectElement>("token");
  const looked = new Map<string, Token>();
  const isOther = () => select.value === "";
  const addressNow = () => (isOther() ? written("p_token_address") : select.value);
  const current = (): Token | undefined => {
    const address = addressNow();
    const known = tokens.find((each) => each.address === address);
    return known && known.decimals !== null ? { ...known, decimals: known.decimals } : looked.get(address);
  };
  const resolve = async (): Promise<Token> => {
    const address = addressNow();
    if (!ADDRESS.test(address)) throw new InvalidField("p_token_address", "must be 0x and 40 hex digits");
    const token = current() ?? (await lookedUp(address));
    looked.set(address, token);
    update();
    return token;
  };
  const tellFacts = () => {
    show(byId("other-token"), isOther());
    const token = isOther() ? current() : undefined;
    byId("token-facts").textContent = token ? `${token.symbol}, ${token.decimals} decimals` : "";
  };
  const update = () => {
    tellFacts();
    changed();
  };
  select.addEventListener("change", update);
  byId("p_token_address").addEventListener("input", update);
  const button = byId<HTMLButtonElement>("look-up");
  button.addEventListener("click", () => void busy(button, () => resolve().catch(fail)));
  tellFacts();
  return { current, resolve };
}

async function lookedUp(address: string): Promise<Token> {
  const token = await tokenAt(address);
  if (!token) throw new InvalidField("p_token_address", "no token answers at this address");
  return { ...token, symbol: token.symbol ?? "of this token" };
}
