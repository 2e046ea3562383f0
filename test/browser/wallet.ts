import type { BrowserContext } from "playwright-core";
import { createPublicClient, createWalletClient, type Hex, isHex, keccak256, type TypedDataDefinition } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { anvilHttp, inRange } from "../../dev/anvil-http.ts";
import { rpc } from "../../dev/rpc.ts";
import { installProvider, type PageWithWallet, type ProviderLook } from "./provider.ts";

export type WalletOptions = Partial<ProviderLook> & {
  /** The network that it is on when the page opens; Avalanche, unless told. */
  readonly chainId?: number;
  /** The networks that it knows; all local ones, unless told. Others must be added (4902). */
  readonly knows?: readonly number[];
  /** Nodes that it asks instead of the local chains', by network: whatever answers there, it believes. */
  readonly nodes?: Readonly<Record<number, string>>;
  /** Tells hashes that are none of a transaction, as contract wallets do. */
  readonly hasOwnHashes?: boolean;
};

/** A wallet in the page whose person, keys and node are here: it signs for real, for the local chains. */
export type TestWallet = {
  readonly address: Hex;
  /** Whatever pages asked it for, in order. */
  readonly asked: readonly Asked[];
  readonly chainId: number;
  /** Its person says no to the next request of this method. */
  declineNext(method: string): void;
  /** Its person leaves the next request of this method open, and says yes when the returned function is called. */
  deferNext(method: string): () => void;
  /** From here on transactions are signed and told, and not sent: a slow network. */
  hold(): void;
  /** Sends what was held. */
  release(): Promise<void>;
  /** Its person picks another network. */
  switchTo(chainId: number): Promise<void>;
};

export type Asked = { readonly method: string; readonly params: readonly unknown[] };

type Sent = { from: Hex; to: Hex; data?: Hex; value?: Hex; gas?: Hex; chainId?: Hex };
type Added = {
  chainId: Hex;
  chainName: string;
  rpcUrls: string[];
  nativeCurrency: { symbol: string; decimals: number };
};

/** As a wallet fails: with a code that pages look at. */
class Refused extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export type WalletPlace = { readonly key: Hex; readonly rpcUrls: ReadonlyMap<number, string> };

/** Puts a wallet into all pages of a browser context, those that are opened later too. */
export async function injectWallet(
  context: BrowserContext,
  { key, rpcUrls }: WalletPlace,
  options: WalletOptions = {},
): Promise<TestWallet> {
  const account = privateKeyToAccount(key);
  const known = new Set(options.knows ?? rpcUrls.keys());
  const asked: Asked[] = [];
  const declined: string[] = [];
  const deferred = new Map<string, Promise<void>>();
  let held: { rpcUrl: string; signed: Hex }[] | undefined;
  let chainId = options.chainId ?? 43114;
  let isConnected = false;

  const rpcUrl = () => options.nodes?.[chainId] ?? (rpcUrls.get(chainId) as string);
  const emit = async (event: string, value: unknown) => {
    for (const page of context.pages())
      await page.evaluate((told) => (globalThis as unknown as PageWithWallet).walletEmit(told.event, told.value), {
        event,
        value,
      });
  };
  const moveTo = async (id: number) => {
    if (!known.has(id)) throw new Refused(4902, `Unrecognized chain ID "0x${id.toString(16)}".`);
    if (id === chainId) return null;
    chainId = id;
    // Not awaited: the page may be waiting for this very answer.
    emit("chainChanged", `0x${id.toString(16)}`).catch(() => {});
    return null;
  };
  const answers: Record<string, (params: readonly unknown[]) => unknown> = {
    eth_chainId: () => `0x${chainId.toString(16)}`,
    net_version: () => String(chainId),
    eth_accounts: () => (isConnected ? [account.address.toLowerCase()] : []),
    eth_requestAccounts: () => {
      isConnected = true;
      return [account.address.toLowerCase()];
    },
    wallet_switchEthereumChain: (params) => moveTo(Number((params as [Pick<Added, "chainId">])[0].chainId)),
    wallet_addEthereumChain: (params) => {
      const [chain] = params as [Added];
      checkAdded(chain);
      known.add(Number(chain.chainId));
      return moveTo(Number(chain.chainId));
    },
    personal_sign: (params) => {
      const [message, by] = params as [string, string];
      checkOwner(account, by);
      return account.signMessage({ message: isHex(message) ? { raw: message } : message });
    },
    eth_signTypedData_v4: (params) => {
      const [by, json] = params as [string, string];
      checkOwner(account, by);
      return account.signTypedData(typedData(json, chainId));
    },
    eth_sendTransaction: async (params) => {
      const [sent] = params as [Sent];
      checkOwner(account, sent.from);
      if (sent.chainId && Number(sent.chainId) !== chainId)
        throw new Refused(-32602, "chainId should be the active one");
      const signed = await signTransaction(account, sent, rpcUrl());
      if (held) held.push({ rpcUrl: rpcUrl(), signed });
      else await rpc(rpcUrl(), "eth_sendRawTransaction", [signed]);
      return options.hasOwnHashes ? keccak256(keccak256(signed)) : keccak256(signed);
    },
  };

  await context.exposeFunction("walletRequest", async (method: string, params: readonly unknown[]) => {
    asked.push({ method, params });
    try {
      const decided = deferred.get(method);
      deferred.delete(method);
      await decided;
      return { result: await answer(method, params) };
    } catch (error) {
      if (error instanceof Refused) return { error: { code: error.code, message: error.message, data: error.data } };
      return { error: { code: -32603, message: (error as Error).message } };
    }
  });
  const answer = (method: string, params: readonly unknown[]): unknown => {
    const no = declined.indexOf(method);
    if (no >= 0) {
      declined.splice(no, 1);
      throw new Refused(4001, "User rejected the request.");
    }
    if (NEEDS_CONNECTION.test(method) && !isConnected)
      throw new Refused(4100, "The requested account is not authorized.");
    const own = answers[method];
    if (own) return own(params);
    if (!READS.test(method)) throw new Refused(4200, `The method "${method}" is not supported.`);
    return inRange(() => readNode(rpcUrl(), method, params));
  };
  const look = { name: "Test Wallet", rdns: "example.test-wallet", isAnnounced: true, isInjected: true };
  await context.addInitScript(installProvider, { ...look, ...options });

  return {
    address: account.address,
    asked,
    get chainId() {
      return chainId;
    },
    declineNext: (method) => {
      declined.push(method);
    },
    deferNext: (method) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      deferred.set(method, promise);
      return resolve;
    },
    hold: () => {
      held = [];
    },
    release: async () => {
      const waiting = held ?? [];
      held = undefined;
      for (const { rpcUrl, signed } of waiting) await rpc(rpcUrl, "eth_sendRawTransaction", [signed]);
    },
    switchTo: async (id) => {
      known.add(id);
      chainId = id;
      await emit("chainChanged", `0x${id.toString(16)}`);
    },
  };
}

const NEEDS_CONNECTION = /^(personal_sign|eth_signTypedData_v4|eth_sendTransaction)$/;
const READS = /^eth_(call|estimateGas|gasPrice|feeHistory|blockNumber|maxPriorityFeePerGas|get\w+)$/;

function checkOwner({ address }: PrivateKeyAccount, by: string): void {
  if (by?.toLowerCase() !== address.toLowerCase()) throw new Refused(-32602, `not an account of this wallet: ${by}`);
}

/** As strict as MetaMask, which takes nothing else. */
function checkAdded({ chainName, rpcUrls, nativeCurrency }: Added): void {
  const isGood = (url: string) => /^https:\/\/|^http:\/\/(127\.0\.0\.1|localhost)[:/]/.test(url);
  if (!chainName || !rpcUrls?.some(isGood))
    throw new Refused(-32602, "Expected a name and at least one https RPC URL.");
  if (nativeCurrency?.decimals !== 18 || !/^.{2,6}$/.test(nativeCurrency.symbol))
    throw new Refused(-32602, "Expected a native currency with a symbol of 2 to 6 characters and 18 decimals.");
}

/** Wallets refuse other chains, and hash an empty domain when its type is not told. */
function typedData(json: string, chainId: number): TypedDataDefinition {
  const data = JSON.parse(json) as TypedDataDefinition & { types: Record<string, unknown> };
  const { domain, types } = data;
  if (domain?.chainId !== undefined && Number(domain.chainId) !== chainId)
    throw new Refused(-32603, `Provided chainId "${domain.chainId}" must match the active chainId "${chainId}"`);
  if (!types.EIP712Domain) throw new Refused(-32602, "types must tell EIP712Domain");
  return data;
}

type NodeAnswer = { result?: unknown; error?: { code: number; message: string; data?: unknown } };

/** What a node refuses is passed on as it says it: pages read why a contract reverts. */
async function readNode(url: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const { result, error } = (await response.json()) as NodeAnswer;
  if (error) throw new Refused(error.code, error.message, error.data);
  return result;
}

async function signTransaction(account: PrivateKeyAccount, sent: Sent, rpcUrl: string): Promise<Hex> {
  const transport = anvilHttp(rpcUrl);
  const { to, data, value, gas } = sent;
  const chain = createPublicClient({ transport });
  const wallet = createWalletClient({ account, transport });
  const fields = { to, ...(data && { data }), value: BigInt(value ?? 0), ...(gas && { gas: BigInt(gas) }) };
  const request = await wallet.prepareTransactionRequest({ ...fields, chain: null, chainId: await chain.getChainId() });
  return wallet.signTransaction({ ...request, chain: null } as never);
}
