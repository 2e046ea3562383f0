/** What the gateway says when it refuses, by the first four bytes; a test compares them with its errors. */
export const REASONS: Readonly<Record<string, string>> = {
  // PaymentReplayed(bytes32)
  "0x2a5cf0dd": "This price has been paid already.",
  // PaymentExpired(uint256,uint256)
  "0xd0974271": "This price has run out. Get a new one.",
  // PaymentsPaused()
  "0xaf7f4570": "Payments are paused at the moment.",
  // PaymentIdMismatch(bytes32,bytes32)
  "0x91ebc3ca": "The terms have changed. Get a new price.",
  // InexactDelivery(uint256,uint256)
  "0x7f631ecd": "This token does not deliver exactly what is paid, which the contract does not take.",
  // NativeTransferFailed(address,uint256)
  "0xa5b05eec": "The merchant's account refuses the payment.",
};
