import {
  type AbiFunction,
  type Account,
  type Address,
  createPublicClient,
  createWalletClient,
  type Hex,
  parseAbi,
  parseAbiItem,
  parseSignature,
  type TypedDataDomain,
  type TypedDataParameter,
} from "viem";
import { anvilHttp } from "./anvil-http.ts";

/** One call as the 402 describes it: a Solidity signature and its arguments. */
type Call = { fn: string; args: readonly string[]; to: Address; value?: string; gas?: number };

type PermitCall = Call & {
  permit: {
    domain: TypedDataDomain & { verifyingContract: Address };
    types: { Permit: TypedDataParameter[] };
    message: { spender: Address; value: string; deadline: string };
  };
};

/** The part of a 402's `data` that an agent needs. */
export type PaymentRequired = {
  session_id: Hex;
  payment_id: Hex;
  contract: Address;
  amount_wei: string;
  merchant_wallet: Address;
  token_address: Address;
  calls: {
    native?: Call;
    erc20_approve_then_pay?: { approve: Call; payFor: Call };
    erc20_permit?: PermitCall;
  };
};

export type Agent = {
  /** Asks for the content without a session. @throws Error when the answer is not a 402 */
  ask(url: string): Promise<PaymentRequired>;
  /** Sends one call and waits until it is in a block. @throws Error when it reverts */
  send(call: Call): Promise<Hex>;
  /** Signs what the token wants to see instead of an approval, and fills it into the call. */
  signPermit(call: PermitCall): Promise<Call>;
  /** Asks with the session until the content comes. @throws Error when it does not */
  poll(url: string, sessionId: Hex, onPending: (code: string) => void): Promise<unknown>;
};

const POLL_EVERY_MS = 1_000;
const MAX_POLLS = 60;

/** A wallet with an HTTP client: all that it knows of the shop is what the 402 says. */
export function createAgent(account: Account, rpcUrl: string): Agent {
  const transport = anvilHttp(rpcUrl);
  const wallet = createWalletClient({ account, transport });
  const chain = createPublicClient({ transport, pollingInterval: 200 });
  return {
    ask: async (url) => {
      const response = await fetch(url);
      const { code, data } = (await response.json()) as { code: string; data: PaymentRequired };
      if (response.status !== 402) throw new Error(`expected a 402 from ${url}, got ${response.status} ${code}`);
      return data;
    },
    send: async ({ fn, args, to, value, gas }) => {
      const abi = [parseAbiItem(`function ${fn}`) as AbiFunction];
      const options = { ...(value ? { value: BigInt(value) } : {}), ...(gas ? { gas: BigInt(gas) } : {}) };
      const call = { address: to, abi, functionName: fn.slice(0, fn.indexOf("(")), args: valuesOf(abi[0], args) };
      const hash = await wallet.writeContract({ ...call, ...options, chain: null });
      const { status } = await chain.waitForTransactionReceipt({ hash });
      if (status !== "success") throw new Error(`${call.functionName} reverted in ${hash}`);
      return hash;
    },
    signPermit: async (call) => {
      const { domain, types, message } = call.permit;
      const owner = account.address;
      const [abi, address] = [parseAbi(["function nonces(address) view returns (uint256)"]), domain.verifyingContract];
      const nonce = await chain.readContract({ address, abi, functionName: "nonces", args: [owner] });
      const whole = { owner, spender: message.spender, value: message.value, nonce, deadline: message.deadline };
      const signature = await wallet.signTypedData({ domain, types, primaryType: "Permit", message: whole });
      const { r, s, yParity } = parseSignature(signature);
      const filled: Record<string, string> = { "<v>": String(27 + yParity), "<r>": r, "<s>": s };
      return { ...call, args: call.args.map((arg) => filled[arg] ?? arg) };
    },
    poll,
  };
}

async function poll(url: string, sessionId: Hex, onPending: (code: string) => void): Promise<unknown> {
  for (let count = 0; count < MAX_POLLS; count++) {
    const response = await fetch(url, { headers: { "X-402-Session": sessionId } });
    const answer = (await response.json()) as { code: string; data: { upstream: unknown } };
    if (response.status === 200) return answer.data.upstream;
    onPending(`${response.status} ${answer.code}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS));
  }
  throw new Error("Timeout waiting for unlock");
}

/** JSON has no big integers: the 402 spells them as text. */
function valuesOf(fn: AbiFunction | undefined, args: readonly string[]): unknown[] {
  return args.map((arg, index) => (fn?.inputs[index]?.type.startsWith("uint") ? BigInt(arg) : arg));
}
