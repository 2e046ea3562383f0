import { parseAbi } from "viem";

/**
 * Everything a client, the indexer or the API needs from the gateway, in human-readable form.
 * `test/contracts/abi.test.ts` proves that each entry equals the compiled contract.
 */
export const paymentGatewayAbi = parseAbi([
  "struct Payment { bytes32 sessionId; address merchant; address token; uint256 amount; }",
  "function payNativeFor(bytes32 sessionId, address merchant) payable",
  "function payFor(bytes32 sessionId, address merchant, address token, uint256 amount)",
  "function payForWithPermit(bytes32 sessionId, address merchant, address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function payBatch(Payment[] payments) payable",
  "function quoteFee(uint256 amount) view returns (uint256 fee, uint256 net)",
  "function feeBps() view returns (uint16)",
  "function pendingFee() view returns (uint16 feeBps, uint64 effectiveAt)",
  "function paymentIdOf(address merchant, address token, uint256 amount, uint32 expiry, uint64 salt) view returns (bytes32)",
  "function isPaid(bytes32 paymentId, address merchant, address token, uint256 amount) view returns (bool)",
  "function sweep(address token)",
  "event Paid(bytes32 indexed sessionId, address indexed payer, address indexed merchant, address token, uint256 amountGross, uint256 fee, uint256 amountNet)",
]);
