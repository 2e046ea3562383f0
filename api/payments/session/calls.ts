import { type Address, encodeFunctionData, type Hex, parseAbi } from "viem";
import { paymentGatewayAbi } from "../../../contracts/abi.ts";
import { NATIVE_TOKEN } from "../../../contracts/chains.ts";
import type { PermitDomain } from "../../providers/token-permit.ts";
import { APPROVE_GAS, type PaymentCall } from "./gas.ts";
import type { Terms } from "./terms.ts";

export type CallsInput = {
  terms: Terms;
  gateway: Address;
  paymentId: Hex;
  deadline: string;
  /** What stands as `gas` of each payment. */
  gas: Record<PaymentCall, unknown>;
};

const erc20Abi = parseAbi(["function approve(address spender, uint256 amount) returns (bool)"]);

/** The ways to pay these terms on chain, each ready to send: signature and arguments, target, calldata, gas limit. */
export function callsOf(input: CallsInput): Record<string, unknown> {
  const { terms } = input;
  if (terms.token === NATIVE_TOKEN) return { native: nativeCall(input) };
  return {
    erc20_approve_then_pay: { approve: approveCall(input), payFor: payForCall(input) },
    ...(terms.permit && { erc20_permit: permitCall(input, terms.permit) }),
  };
}

function nativeCall({ terms, gateway, paymentId, gas }: CallsInput) {
  const args = [paymentId, terms.merchant] as const;
  return {
    fn: "payNativeFor(bytes32 sessionId, address merchant)",
    value: terms.amountWei.toString(),
    args,
    to: gateway,
    data: encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payNativeFor", args }),
    gas: gas.native,
  };
}

function approveCall({ terms, gateway }: CallsInput) {
  return {
    spender: gateway,
    amount: terms.amountWei.toString(),
    fn: "approve(address spender, uint256 amount)",
    args: [gateway, terms.amountWei.toString()],
    to: terms.token,
    data: encodeFunctionData({ abi: erc20Abi, functionName: "approve", args: [gateway, terms.amountWei] }),
    gas: APPROVE_GAS,
  };
}

function payForCall({ terms, gateway, paymentId, gas }: CallsInput) {
  const { merchant, token, amountWei } = terms;
  const args = [paymentId, merchant, token, amountWei] as const;
  return {
    fn: "payFor(bytes32 sessionId, address merchant, address token, uint256 amount)",
    args: [paymentId, merchant, token, amountWei.toString()],
    to: gateway,
    data: encodeFunctionData({ abi: paymentGatewayAbi, functionName: "payFor", args }),
    gas: gas.payFor,
  };
}

function permitCall({ terms, gateway, paymentId, deadline, gas }: CallsInput, domain: PermitDomain) {
  const amount = terms.amountWei.toString();
  return {
    fn: "payForWithPermit(bytes32 sessionId, address merchant, address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
    args: [paymentId, terms.merchant, terms.token, amount, deadline, "<v>", "<r>", "<s>"],
    to: gateway,
    gas: gas.payForWithPermit,
    permit: {
      domain,
      types: PERMIT_TYPES,
      primaryType: "Permit",
      // The two that only the payer knows: the account, and its nonces(owner) as the token tells it.
      message: { owner: "<payer>", spender: gateway, value: amount, nonce: "<nonces(payer)>", deadline },
    },
  };
}

const field = (name: string, type: string) => ({ name, type });
const PERMIT_TYPES = {
  Permit: [
    field("owner", "address"),
    field("spender", "address"),
    field("value", "uint256"),
    field("nonce", "uint256"),
    field("deadline", "uint256"),
  ],
};
