import {
  type Address,
  createPublicClient,
  custom,
  decodeFunctionData,
  domainSeparator,
  encodeFunctionResult,
  type Hex,
  parseAbi,
} from "viem";
import { asked, type ChainReader, isSignedBy } from "../../../api/providers/chain.ts";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { avalanche } from "../../../contracts/chains.ts";

export type FakeToken = { name: string; version?: string; describes?: boolean; separator?: Hex; nonces?: boolean };

const tokenAbi = parseAbi([
  "function DOMAIN_SEPARATOR() view returns (bytes32)",
  "function nonces(address owner) view returns (uint256)",
  "function name() view returns (string)",
  "function version() view returns (string)",
  "function eip712Domain() view returns (bytes1 fields, string name, string version, uint256 chainId, address verifyingContract, bytes32 salt, uint256[] extensions)",
]);

/** A node that answers from what a test says: the gateway's fee, tokens with or without permit. */
export class FakeChain {
  feeBps = 100;
  pending: { feeBps: number; effectiveAt: number } | undefined;
  chainId = 43114;
  isDown = false;
  readonly tokens = new Map<string, FakeToken>();
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

  async #answer({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    if (this.isDown) throw new Error("connect ECONNREFUSED http://rpc.example/secret-key");
    if (method === "eth_chainId") return `0x${this.chainId.toString(16)}`;
    if (method !== "eth_call") throw new Error(`unexpected ${method}`);
    const [{ to, data }] = params as [{ to?: Address; data: Hex }];
    // A deployless call: viem's universal signature check. No contract wallet lives here.
    if (!to) return "0x00";
    if (to.toLowerCase() === this.#gateway) return this.#gatewayAnswer(data);
    return this.#tokenAnswer(to, data);
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
    const token = this.tokens.get(to.toLowerCase());
    const { functionName } = decodeFunctionData({ abi: tokenAbi, data });
    const { name = "", version = "1" } = token ?? {};
    const domain = { name, version, chainId: 43114, verifyingContract: to };
    if (token && functionName === "DOMAIN_SEPARATOR") {
      const result = token.separator ?? domainSeparator({ domain });
      return encodeFunctionResult({ abi: tokenAbi, functionName, result });
    }
    if (token && functionName === "nonces" && token.nonces !== false)
      return encodeFunctionResult({ abi: tokenAbi, functionName, result: 0n });
    if (token && functionName === "name") return encodeFunctionResult({ abi: tokenAbi, functionName, result: name });
    if (token?.version && functionName === "version")
      return encodeFunctionResult({ abi: tokenAbi, functionName, result: version });
    if (token?.describes && functionName === "eip712Domain")
      return encodeFunctionResult({
        abi: tokenAbi,
        functionName,
        result: ["0x0f", name, version, 43114n, to, `0x${"00".repeat(32)}`, []],
      });
    throw Object.assign(new Error("execution reverted"), { code: 3 });
  }
}
