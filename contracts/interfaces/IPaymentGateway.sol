// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Gateway through which a payer pays a merchant for a session, in the native coin or any exact ERC-20
///
/// @notice Net goes straight to the merchant in the same transaction, the fee stays in the gateway until anyone sweeps
/// it to the fee recipient. The gateway records nothing but used payment ids: the event `Paid` is the receipt.
///
/// @dev A *bound* id fixes its terms: `expiry (4 B) | salt (8 B) | first 20 B of keccak256(abi.encode(chainid, gateway,
/// merchant, token, amount, uint16 feeBps, uint32 expiry, uint64 salt))`. It is payable once, with exactly these terms.
/// An *open* id starts with four zero bytes. Its terms are not checked and it is payable any number of times.
///
/// Amounts are in wei or in the token's atomic units, times in Unix seconds, fees in basis points (1/10,000).
interface IPaymentGateway {
    /// @notice One payment of a batch; the fields mean what they mean in `payFor`, and token 0 is the native coin.
    struct Payment {
        bytes32 sessionId;
        address merchant;
        address token;
        uint256 amount;
    }

    /// @notice `payer` paid `amountGross` of `token` for `sessionId`.
    ///
    /// @param sessionId Payment id that was presented, bound or open
    /// @param payer Account that paid, always the caller of the gateway
    /// @param merchant Account that received `amountNet`
    /// @param token ERC-20 contract, or 0 for the native coin
    /// @param amountGross Fee and net together
    /// @param fee Part that stayed in the gateway
    /// @param amountNet Part that the merchant received
    event Paid(
        bytes32 indexed sessionId,
        address indexed payer,
        address indexed merchant,
        address token,
        uint256 amountGross,
        uint256 fee,
        uint256 amountNet
    );

    /// @notice Collected fees went to the fee recipient.
    event Swept(address indexed token, address indexed feeRecipient, uint256 amount);

    /// @notice The fee is `feeBps` from now on, and a rise that was waiting is cancelled.
    event FeeChanged(uint16 feeBps);

    /// @notice The fee will be `feeBps` from `effectiveAt` on, unless the owner sets another before.
    event FeeRiseScheduled(uint16 feeBps, uint64 effectiveAt);

    /// @notice Sweeps go to `feeRecipient` from now on.
    event FeeRecipientChanged(address indexed feeRecipient);

    /// @notice Payments stopped.
    event Paused();

    /// @notice Payments run again.
    event Unpaused();

    /// @notice The payment id is zero.
    error ZeroSessionId();

    /// @notice The amount to pay is zero.
    error ZeroAmount();

    /// @notice The merchant is zero or the gateway itself.
    error InvalidMerchant(address merchant);

    /// @notice The terms, the fee in force, the chain or the gateway are not those that the id was made for.
    error PaymentIdMismatch(bytes32 actual, bytes32 expected);

    /// @notice The id was payable up to and including second `expected`.
    error PaymentExpired(uint256 actual, uint256 expected);

    /// @notice The id, or another of the same terms and salt, was paid before.
    error PaymentReplayed(bytes32 sessionId);

    /// @notice Payments are paused.
    error PaymentsPaused();

    /// @notice There is no contract at the token's address.
    error TokenWithoutCode(address token);

    /// @notice The merchant's balance did not grow by exactly the net amount.
    error InexactDelivery(uint256 actual, uint256 expected);

    /// @notice The receiver refused the native coin.
    error NativeTransferFailed(address to, uint256 amount);

    /// @notice The native coin sent is not the sum of the batch's native payments.
    error ValueMismatch(uint256 actual, uint256 expected);

    /// @notice No more than the one unit that stays behind is there to sweep.
    error NothingToSweep(address token);

    /// @notice The fee is above the cap.
    error FeeTooHigh(uint256 actual, uint256 expected);

    /// @notice The fee recipient is zero or the gateway itself.
    error InvalidFeeRecipient(address feeRecipient);

    /// @notice Ownership can be handed over, in two steps, but not given up.
    error RenounceDisabled();

    /// @notice Pays `msg.value` in the native coin.
    ///
    /// @param sessionId Payment id, bound or open
    /// @param merchant Account that receives the net amount
    function payNativeFor(bytes32 sessionId, address merchant) external payable;

    /// @notice Pays with an ERC-20 that the caller has approved to the gateway.
    ///
    /// @dev A token that delivers less or more than asked reverts, and so does a caller who is the merchant.
    ///
    /// @param sessionId Payment id, bound or open
    /// @param merchant Account that receives the net amount
    /// @param token ERC-20 contract
    /// @param amount Fee and net together
    function payFor(bytes32 sessionId, address merchant, address token, uint256 amount) external;

    /// @notice Same as `payFor`, after an EIP-2612 permit of the caller to the gateway over exactly `amount`.
    ///
    /// @dev The permit may fail: whoever saw it in the mempool may have used it, and then the allowance is there.
    ///
    /// @param sessionId Payment id, bound or open
    /// @param merchant Account that receives the net amount
    /// @param token ERC-20 contract
    /// @param amount Fee and net together
    /// @param deadline Last second at which the permit is good
    /// @param v Recovery id of the permit's signature
    /// @param r First half of the permit's signature
    /// @param s Second half of the permit's signature
    function payForWithPermit(
        bytes32 sessionId,
        address merchant,
        address token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Makes all payments or none; `msg.value` is the sum of the native ones.
    function payBatch(Payment[] calldata payments) external payable;

    /// @notice Sends the collected fees to the fee recipient; anyone may call it.
    ///
    /// @dev Leaves 1 unit behind: a balance that never falls to zero saves the next payer the gas of a new slot.
    ///
    /// @param token ERC-20 contract, or 0 for the native coin
    function sweep(address token) external;

    /// @notice Sets the fee: a cut at once, a rise after `FEE_RISE_DELAY`. Only the owner.
    function setFeeBps(uint16 newFeeBps) external;

    /// @notice Sets the account that sweeps go to. Only the owner.
    function setFeeRecipient(address newFeeRecipient) external;

    /// @notice Stops payments and nothing else. Only the owner.
    function pause() external;

    /// @notice Lets payments run again. Only the owner.
    function unpause() external;

    /// @notice Splits `amount` by the fee in force, the fee rounded down.
    function quoteFee(uint256 amount) external view returns (uint256 fee, uint256 net);

    /// @notice The fee in force.
    function feeBps() external view returns (uint16);

    /// @notice The rise that waits and the second at which it takes effect, or zeros.
    function pendingFee() external view returns (uint16 feeBps, uint64 effectiveAt);

    /// @notice Account that sweeps go to.
    function feeRecipient() external view returns (address);

    /// @notice True while payments are stopped.
    function paused() external view returns (bool);

    /// @notice The bound id of these terms under the fee in force.
    ///
    /// @param merchant Account that is to receive the net amount
    /// @param token ERC-20 contract, or 0 for the native coin
    /// @param amount Fee and net together
    /// @param expiry Last second at which the id can be paid; 0 would make an open id
    /// @param salt Makes the id unique; 256 salts that differ in the last byte alone share a storage slot
    function paymentIdOf(
        address merchant,
        address token,
        uint256 amount,
        uint32 expiry,
        uint64 salt
    ) external view returns (bytes32);

    /// @notice True when a bound id of these terms and this id's salt was paid; always false for an open id.
    ///
    /// @dev Answers for ids that `paymentIdOf` made: the hash is not checked again, as the fee may have changed since.
    function isPaid(
        bytes32 paymentId,
        address merchant,
        address token,
        uint256 amount
    ) external view returns (bool);
}
