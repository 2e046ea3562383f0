import { connectWallet, rememberedWallet, type Wallet, type WalletChain } from "../wallet.ts";

/** A token as the form counts in it. */
export type Token = { readonly symbol: string; readonly address: string; readonly decimals: number };

/** The selectors of symbol() and decimals(). */
const SYMBOL = "0x95d89b41";
const DECIMALS = "0x313ce567";

/** What a token says of itself, read through the person's wallet; undefined when it answers as no token does. @throws WalletError */
export async function tokenInWallet(address: string, chain: WalletChain): Promise<Token | undefined> {
  const wallet = (await rememberedWallet()) ?? (await connectWallet());
  await wallet.ensureChain(chain);
  const [symbol, decimals] = [await read(wallet, address, SYMBOL), await read(wallet, address, DECIMALS)];
  const count = decimals === undefined ? Number.NaN : Number(BigInt(decimals));
  if (!(count <= MOST_DECIMALS)) return undefined;
  return { address, decimals: count, symbol: nameOf(symbol) };
}

/** An amount has as many digits at most. */
const MOST_DECIMALS = 77;

/** A contract that has no such function reverts or gives nothing. */
async function read(wallet: Wallet, to: string, data: string): Promise<string | undefined> {
  const answer = await wallet
    .request<string>({ method: "eth_call", params: [{ to, data }, "latest"] })
    .catch(() => undefined);
  return answer && /^0x(?:[0-9a-f]{64})+$/i.test(answer) ? answer : undefined;
}

/** Some old tokens answer with 32 bytes, the others with where the text begins, how long it is, and the text. */
function nameOf(answer: string | undefined): string {
  const words = answer?.slice(2).match(/.{64}/g) ?? [];
  const text =
    words.length > 2
      ? words
          .slice(2)
          .join("")
          .slice(0, Number(`0x${words[1]}`) * 2)
      : (words[0] ?? "");
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
  const name = new TextDecoder().decode(bytes).replace(/\0+$/, "");
  return /^[A-Za-z0-9.$+-]{1,12}$/.test(name) ? name : "of this token";
}
