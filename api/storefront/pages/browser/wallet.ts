import type { WalletChain } from "./wallet-chain.ts";
import { chooseWallet } from "./wallet-chooser.ts";
import { DECLINED, UNKNOWN_CHAIN, WalletError, walletErrorOf } from "./wallet-error.ts";
import { type WalletHere, walletsHere } from "./wallets-here.ts";

/** A connected wallet. Whatever it refuses is thrown as a WalletError, in words. */
export type Wallet = {
  readonly address: string;
  readonly name: string;
  request<T = unknown>(args: { method: string; params?: unknown }): Promise<T>;
  chainId(): Promise<number>;
  /** Asks to switch to `chain`, and to add it where the wallet does not know it. */
  ensureChain(chain: WalletChain): Promise<void>;
  /** `accountsChanged`, `chainChanged`, `disconnect`. */
  on(event: string, listener: (value: never) => void): void;
};

/** Which wallet was used last, by its rdns. */
const REMEMBERED = "turnpike.wallet";

/**
 * Asks the wallet that was used last, the only one there is, or the one that is chosen from a dialog to share its
 * account. @throws WalletError
 */
export async function connectWallet({ anew = false }: { anew?: boolean } = {}): Promise<Wallet> {
  const here = await walletsHere();
  if (here.length === 0)
    throw new WalletError(
      "No wallet was found in this browser. Install one, or open this page in your wallet's own browser.",
    );
  const known = anew ? undefined : here.find(({ rdns }) => rdns === localStorage.getItem(REMEMBERED));
  const wallet = known ?? (here.length === 1 ? here[0] : await chooseWallet(here));
  if (!wallet) throw new WalletError("No wallet was chosen.", DECLINED);
  const accounts = await ask<string[]>(wallet, { method: "eth_requestAccounts" });
  if (!accounts[0]) throw new WalletError("Your wallet shares no account with this page.");
  localStorage.setItem(REMEMBERED, wallet.rdns);
  return walletOf(wallet, accounts[0]);
}

/** The wallet that was used last, when it still shares its account: asks its owner nothing. */
export async function rememberedWallet(): Promise<Wallet | undefined> {
  const rdns = localStorage.getItem(REMEMBERED);
  const wallet = rdns === null ? undefined : (await walletsHere()).find((each) => each.rdns === rdns);
  if (!wallet) return undefined;
  const accounts = await ask<string[]>(wallet, { method: "eth_accounts" }).catch(() => []);
  return accounts[0] ? walletOf(wallet, accounts[0]) : undefined;
}

export function forgetWallet(): void {
  localStorage.removeItem(REMEMBERED);
}

type Args = { method: string; params?: unknown };

async function ask<T>({ provider }: WalletHere, args: Args): Promise<T> {
  try {
    return (await provider.request(args)) as T;
  } catch (error) {
    throw walletErrorOf(error);
  }
}

function walletOf(here: WalletHere, address: string): Wallet {
  const request = <T>(args: Args) => ask<T>(here, args);
  const chainId = async () => Number(await request<string>({ method: "eth_chainId" }));
  return {
    address,
    name: here.name,
    request,
    chainId,
    ensureChain: (chain) => ensureChain({ request, chainId }, chain),
    on: (event, listener) => void here.provider.on?.(event, listener),
  };
}

async function ensureChain(
  { request, chainId }: Pick<Wallet, "request" | "chainId">,
  chain: WalletChain,
): Promise<void> {
  if ((await chainId()) === chain.id) return;
  const hexId = `0x${chain.id.toString(16)}`;
  const switched = () => request({ method: "wallet_switchEthereumChain", params: [{ chainId: hexId }] });
  try {
    await switched();
  } catch (error) {
    if (!(error instanceof WalletError) || error.code !== UNKNOWN_CHAIN) throw error;
    await request({ method: "wallet_addEthereumChain", params: [described(chain, hexId)] });
    // Some only add it.
    if ((await chainId()) !== chain.id) await switched();
  }
  if ((await chainId()) !== chain.id)
    throw new WalletError(`Your wallet is on another network. Switch it to ${chain.name} and try again.`);
}

const described = ({ name, nativeSymbol, rpcUrl, explorerUrl }: WalletChain, chainId: string) => ({
  chainId,
  chainName: name,
  nativeCurrency: { name: nativeSymbol, symbol: nativeSymbol, decimals: 18 },
  rpcUrls: [rpcUrl],
  ...(explorerUrl && { blockExplorerUrls: [explorerUrl] }),
});
