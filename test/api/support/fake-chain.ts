import {
  type Address,
  createPublicClient,
  custom,
  decodeFunctionData,
  domainSeparator,
  encodeFunctionResult,
  type Hex,
  HttpRequestError,
  pad,
  parseAbi,
  toFunctionSelector,
  toHex,
} from "viem";
import { asked, type ChainReader, isSignedBy } from "../../../api/providers/chain.ts";
import { paymentGatewayAbi, settlementReceiverAbi } from "../../../contracts/abi.ts";
import { avalanche, base } from "../../../contracts/chains.ts";

export type FakeToken = {
  name: string;
  version?: string;
  describes?: boolean;
  separator?: Hex;
  nonces?: boolean;
  symbol?: string;
  decimals?: number;
};

const tokenAbi = parseAbi([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function nonces(address owner) view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function authorizationState(address authorizer, bytes32 nonce) view returns (bool)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

const IS_VALID_SIGNATURE = toFunctionSelector("isValidSignature(bytes32,bytes)");
const IS_REFUNDED = toFunctionSelector("isRefunded(address,bytes32)");

/** A node that answers from what a test says: the gateway's fee, tokens with or without permit. */
export class FakeChain {
  feeBps = 100;
  pending: { feeBps: number; effectiveAt: number } | undefined;
  chainId = 43114;
  /** What the node says that is asked for the receiver's chain. */
  receiverChainId: number = base.id;
  isDown = false;
  /** Of block 0. */
  firstBlockHash: Hex = `0x${"f1".repeat(32)}`;
  /** Every signature is one that a contract wallet accepts. */
  isContractWallet = false;
  readonly tokens = new Map<string, FakeToken>();
  /** By account in lower case, in the native coin and in every token alike; 1 where none is set. */
  readonly balances = new Map<string, bigint>();
  /** Payments that the settlement receiver gave back: payer and nonce in lower case. */
  readonly refunded = new Set<string>();
  /** Whether USDC knows an authorization as used; payer and nonce in lower case. */
  isUsed: (payer: string, nonce: string) => boolean = () => false;
  /** Accounts with code, in lower case. */
  readonly contracts = new Set<string>();
  readonly #gateway: string;

  constructor(gateway: Address) {
    this.#gateway = gateway.toLowerCase();
  }

  get reader(): ChainReader {
    const client = createPublicClient({
      transport: custom({ request: (request) => this.#answer(request) }, { retryCount: 0 }),
    });
    return {
      chain: avalanche,
      client,
      chainId: () => asked(client.getChainId()),
      isSignedBy: (address, message, signature) => asked(isSignedBy(client, { address, message, signature })),
    };
  }

  /** The same node, as the receiver's chain is asked. */
  get receiverReader(): ChainReader {
    const { reader } = this;
    const chainId = () => reader.chainId().then(() => this.receiverChainId);
    return { ...reader, chain: base, chainId };
  }

  async #answer({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    if (this.isDown) throw new HttpRequestError({ url: "http://rpc.example/secret-key", details: "ECONNREFUSED" });
    const [first] = (Array.isArray(params) ? params : []) as [unknown];
    const account = String(first).toLowerCase();
    const answers: Record<string, () => unknown> = {
      eth_chainId: () => toHex(this.chainId),
      eth_getBalance: () => toHex(this.balances.get(account) ?? 1n),
      eth_getTransactionCount: () => "0x0",
      eth_getCode: () => (this.contracts.has(account) ? "0x60" : "0x"),
      eth_estimateGas: () => toHex(27_500),
      eth_getBlockByNumber: () => ({ hash: this.firstBlockHash, number: "0x0", transactions: [] }),
      eth_call: () => this.#callAnswer(first as { to?: Address; data: Hex }),
    };
    const answer = answers[method];
    if (!answer) throw new Error(`unexpected ${method}`);
    return answer();
  }

  #callAnswer({ to, data }: { to?: Address; data: Hex }): Hex {
    // A deployless call: viem's universal signature check.
    if (!to) return this.isContractWallet ? "0x01" : "0x00";
    if (data.startsWith(IS_REFUNDED)) return this.#receiverAnswer(data);
    // ERC-1271, whose yes is its own selector.
    if (data.startsWith(IS_VALID_SIGNATURE))
      return this.isContractWallet ? pad(IS_VALID_SIGNATURE, { dir: "right" }) : "0x";
    return to.toLowerCase() === this.#gateway ? this.#gatewayAnswer(data) : this.#tokenAnswer(to, data);
  }

  #receiverAnswer(data: Hex): Hex {
    const { args } = decodeFunctionData({ abi: settlementReceiverAbi, data });
    const result = this.refunded.has((args ?? []).join("|").toLowerCase());
    return encodeFunctionResult({ abi: settlementReceiverAbi, functionName: "isRefunded", result });
  }

  #gatewayAnswer(data: Hex): Hex {
    const { functionName } = decodeFunctionData({ abi: paymentGatewayAbi, data });
    if (functionName === "feeBps")
      return encodeFunctionResult({ abi: paymentGatewayAbi, functionName, result: this.feeBps });
    const { feeBps = 0, effectiveAt = 0 } = this.pending ?? {};
    const result: [number, bigint] = [feeBps, BigInt(effectiveAt)];
    return encodeFunctionResult({ abi: paymentGatewayAbi, functionName: "pendingFee", result });
  }

  #tokenAnswer(to: Address, data: Hex): Hex {
    const { functionName, args } = decodeFunctionData({ abi: tokenAbi, data });
    const token = this.tokens.get(to.toLowerCase());
    const { name = "", version = "1" } = token ?? {};
    const domain = { name, version, chainId: 43114, verifyingContract: to };
    const described = ["0x0f", name, version, 43114n, to, `0x${"00".repeat(32)}`, []];
    const answers: Record<typeof functionName, [has: boolean, result: unknown]> = {
      balanceOf: [true, this.balances.get(String(args?.[0]).toLowerCase()) ?? 1n],
      authorizationState: [true, this.isUsed(String(args?.[0]).toLowerCase(), String(args?.[1]).toLowerCase())],
      DOMAIN_SEPARATOR: [token !== undefined, token?.separator ?? domainSeparator({ domain })],
      nonces: [token !== undefined && token.nonces !== false, 0n],
      name: [token !== undefined, name],
      version: [token?.version !== undefined, version],
      symbol: [token?.symbol !== undefined, token?.symbol],
      decimals: [token?.decimals !== undefined, token?.decimals],
      eip712Domain: [token?.describes === true, described],
    };
    const [has, result] = answers[functionName];
    if (!has) throw Object.assign(new Error("execution reverted"), { code: 3 });
    return encodeFunctionResult({ abi: tokenAbi, functionName, result } as never);
  }
}
