// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Receiver of the USDC that x402 clients pay on Base
///
/// @notice Passive first: a plain transfer of USDC here, or an authorization that anybody submits to USDC itself, is a
/// payment like any other, and runs no code of the receiver. USDC's own logs prove it: `AuthorizationUsed` directly
/// followed by `Transfer` to the receiver. `Settled` repeats that for payments that went through `settle`.
///
/// @dev `authorizationState` of USDC proves nothing: it is true for an authorization that was cancelled, and for one
/// that paid somebody else. The receiver keeps no record of payments (it would cost each 22,100 gas), so that it
/// cannot tell either, and `Skipped` does not mean unpaid. Who refunds must have seen the logs.
///
/// Amounts are in atomic units (1e-6 USDC), times in Unix seconds. Other tokens sent here are lost, as are coins that
/// are forced on it; it refuses all but its own, which `PauseCoin` keeps while it is not paused.
interface ISettlementReceiver {
    /// @notice What a payer signed for USDC's `transferWithAuthorization` to the receiver.
    struct Authorization {
        address from;
        uint256 value;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
        bytes signature;
    }

    /// @notice `amount` of `payer` arrived by this call.
    event Settled(address indexed payer, bytes32 indexed nonce, uint256 amount);

    /// @notice A batch could not settle this entry: used (perhaps to pay us), cancelled, forged, early, late, zero, not
    /// covered, blacklisted, or too dear to check.
    event Skipped(address indexed payer, bytes32 indexed nonce);

    /// @notice `amount` of what `payer` paid with `nonce` went back to him.
    event Refunded(address indexed payer, bytes32 indexed nonce, uint256 amount);

    /// @notice What was not held back for refunds went to the treasury.
    event Swept(address indexed treasury, uint256 amount);

    /// @notice `treasury` may accept from `acceptableFrom` on.
    event TreasuryProposed(address indexed treasury, uint64 acceptableFrom);

    /// @notice Sweeps go to `treasury` from now on.
    event TreasuryChanged(address indexed treasury);

    /// @notice The refund limit may be raised to `refundLimit` from `acceptableFrom` on.
    event RefundLimitProposed(uint96 refundLimit, uint64 acceptableFrom);

    /// @notice The refund limit is `refundLimit` from now on, and a proposal that was waiting is void.
    event RefundLimitChanged(uint96 refundLimit);

    /// @notice `operator` may refund from now on, and nobody else; zero says nobody.
    event OperatorChanged(address indexed operator);

    /// @notice `settle` and `settleBatch` stopped.
    event Paused();

    /// @notice `settle` and `settleBatch` run again.
    event Unpaused();

    /// @notice There is no USDC on this chain, or not where Circle has it.
    error UnsupportedChain(uint256 chainId);

    /// @notice The constructor takes one wei: see `PauseCoin`.
    error CoinMissing();

    /// @notice Coins come from `PauseCoin` alone.
    error NotPauseCoin(address actual, address expected);

    /// @notice The amount is zero.
    error ZeroAmount();

    /// @notice `settle` and `settleBatch` are paused.
    error SettlementsPaused();

    /// @notice The gas left does not give the next entry of the batch its full share.
    error TooLittleGas(uint256 actual, uint256 expected);

    /// @notice Only the operator may refund.
    error NotOperator(address actual, address expected);

    /// @notice What was paid with this nonce was refunded before.
    error AlreadyRefunded(address payer, bytes32 nonce);

    /// @notice The payer never used this nonce: there can be no payment to refund.
    error AuthorizationUnused(address payer, bytes32 nonce);

    /// @notice The refund is higher than what is left of the limit.
    error RefundLimitExceeded(uint256 actual, uint256 expected);

    /// @notice The balance is not higher than what a sweep leaves behind.
    error NothingToSweep(uint256 actual, uint256 expected);

    /// @notice The treasury is zero, the receiver itself, or USDC.
    error InvalidTreasury(address treasury);

    /// @notice Only the proposed treasury may accept.
    error NotProposedTreasury(address actual, address expected);

    /// @notice No rise of the refund limit was proposed.
    error NothingProposed();

    /// @notice A proposal may be accepted from second `expected` on.
    error TooEarly(uint256 actual, uint256 expected);

    /// @notice Ownership can be handed over, in two steps, but not given up.
    error RenounceDisabled();

    /// @notice Takes a payment that its payer signed; anyone may call it.
    ///
    /// @dev Reverts with USDC's own reason when USDC refuses.
    ///
    /// @param from Payer
    /// @param value Amount
    /// @param validAfter Last second at which the authorization is not good yet
    /// @param validBefore First second at which it is no longer good
    /// @param nonce Number that the payer uses once
    /// @param signature The payer's: an account's (65 bytes), or whatever his contract takes (ERC-1271, EIP-7702)
    function settle(
        address from,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;

    /// @notice Takes what it can of many payments and skips the others; anyone may call it.
    ///
    /// @dev No entry gets more than `GAS_PER_ENTRY`, and none is tried with less: a caller who saves gas gets
    /// `TooLittleGas`, never a skipped payment. A payer who needs more can be settled alone.
    function settleBatch(Authorization[] calldata authorizations) external;

    /// @notice Sends `amount` back to `payer`, once for each nonce that he used. Only the operator.
    ///
    /// @dev That the nonce paid us at least `amount` is the operator's word: see above why. What a lost operator key
    /// can cost is bounded by the refund limit.
    ///
    /// @param payer Account that paid, and the only one that can be refunded
    /// @param nonce Nonce of the authorization that it paid with
    /// @param amount Part of the payment that goes back; there is no second refund for the rest
    function refund(address payer, bytes32 nonce, uint256 amount) external;

    /// @notice Sends all but the refund limit and 1 unit to the treasury; anyone may call it.
    ///
    /// @dev The limit stays as a reserve, so that refunds need no deposit. The unit stays for its gas: a balance that
    /// never falls to zero saves the next payer 17,100.
    function sweep() external;

    /// @notice Proposes an account for sweeps to go to, in place of any other proposed before. Only the owner.
    function proposeTreasury(address newTreasury) external;

    /// @notice Sends sweeps to the caller. Only the proposed treasury, and `CHANGE_DELAY` after it was proposed.
    function acceptTreasury() external;

    /// @notice Sets the refund limit: a cut at once, a rise only as a proposal. Only the owner.
    function setRefundLimit(uint96 newRefundLimit) external;

    /// @notice Raises the refund limit as proposed, `CHANGE_DELAY` after that; anyone may call it.
    function acceptRefundLimit() external;

    /// @notice Sets who may refund; zero for nobody. Only the owner.
    function setOperator(address newOperator) external;

    /// @notice Stops `settle` and `settleBatch`, nothing else. Only the owner.
    function pause() external;

    /// @notice Lets `settle` and `settleBatch` run again. Only the owner.
    ///
    /// @dev Makes them cheap again, too, where a stranger forced coins on the receiver; it need not be paused for that.
    function unpause() external;

    /// @notice USDC on this chain.
    function usdc() external view returns (address);

    /// @notice Account that sweeps go to.
    function treasury() external view returns (address);

    /// @notice Proposed treasury and the second from which it may accept, or zeros.
    function proposedTreasury() external view returns (address treasury, uint64 acceptableFrom);

    /// @notice Most that is refunded within any 24 hours, and what a sweep leaves behind besides 1 unit.
    function refundLimit() external view returns (uint96);

    /// @notice Proposed refund limit and the second from which it may be accepted, or zeros.
    function proposedRefundLimit() external view returns (uint96 refundLimit, uint64 acceptableFrom);

    /// @notice What may be refunded now.
    function refundable() external view returns (uint256);

    /// @notice True when the nonce was refunded.
    function isRefunded(address payer, bytes32 nonce) external view returns (bool);

    /// @notice Account that may refund, or zero.
    function operator() external view returns (address);

    /// @notice True while `settle` and `settleBatch` are stopped.
    function paused() external view returns (bool);
}
