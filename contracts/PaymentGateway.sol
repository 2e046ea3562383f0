// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";

import {GatewaySettings} from "./GatewaySettings.sol";
import {IPaymentGateway} from "./interfaces/IPaymentGateway.sol";
import {PaymentId} from "./PaymentId.sol";

/// @title Payment gateway
///
/// @dev Every payment runs check, set, emit, transfer. Never send coins or tokens here directly: they count as fees.
contract PaymentGateway is GatewaySettings, ReentrancyGuardTransient {
    using PaymentId for bytes32;
    using SafeERC20 for IERC20;

    uint256 private constant BPS = 10_000;
    address private constant NATIVE = address(0);

    constructor(address owner_, address feeRecipient_, uint16 feeBps_)
        GatewaySettings(owner_, feeRecipient_, feeBps_)
    {}

    /// @inheritdoc IPaymentGateway
    ///
    /// @dev Needs no guard: nothing is read or written after the merchant was called.
    function payNativeFor(bytes32 sessionId, address merchant) external payable {
        _payNative(_payableFeeBps(), sessionId, merchant, msg.value);
    }

    /// @inheritdoc IPaymentGateway
    function payFor(bytes32 sessionId, address merchant, address token, uint256 amount) external nonReentrant {
        _payToken(_payableFeeBps(), sessionId, merchant, token, amount);
    }

    /// @inheritdoc IPaymentGateway
    function payForWithPermit(
        bytes32 sessionId,
        address merchant,
        address token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant {
        bytes memory permit =
            abi.encodeCall(IERC20Permit.permit, (msg.sender, address(this), amount, deadline, v, r, s));
        LowLevelCall.callNoReturn(token, permit);
        _payToken(_payableFeeBps(), sessionId, merchant, token, amount);
    }

    /// @inheritdoc IPaymentGateway
    function payBatch(Payment[] calldata payments) external payable nonReentrant {
        uint256 native = _nativeSum(payments);
        if (msg.value != native) revert ValueMismatch(msg.value, native);
        uint16 bps = _payableFeeBps();
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            (bytes32 sessionId, address merchant, address token, uint256 amount) =
                (payment.sessionId, payment.merchant, payment.token, payment.amount);
            if (token == NATIVE) _payNative(bps, sessionId, merchant, amount);
            else _payToken(bps, sessionId, merchant, token, amount);
        }
    }

    /// @inheritdoc IPaymentGateway
    function sweep(address token) external nonReentrant {
        address to = feeRecipient();
        uint256 balance = token == NATIVE ? address(this).balance : IERC20(token).balanceOf(address(this));
        if (balance < 2) revert NothingToSweep(token);
        uint256 amount = balance - 1;
        emit Swept(token, to, amount);
        if (token == NATIVE) _sendNative(to, amount);
        else IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IPaymentGateway
    function quoteFee(uint256 amount) external view returns (uint256 fee, uint256 net) {
        return _split(feeBps(), amount);
    }

    /// @inheritdoc IPaymentGateway
    function paymentIdOf(
        address merchant,
        address token,
        uint256 amount,
        uint32 expiry,
        uint64 salt
    ) external view returns (bytes32) {
        return PaymentId.bound(feeBps(), merchant, token, amount, expiry, salt);
    }

    /// @inheritdoc IPaymentGateway
    function isPaid(bytes32 paymentId, address merchant, address token, uint256 amount) external view returns (bool) {
        if (paymentId.expiryOf() == 0) return false;
        uint64 salt = paymentId.saltOf();
        return _usedSalts(merchant, token, amount, salt).value & _bit(salt) != 0;
    }

    function _payNative(uint16 bps, bytes32 sessionId, address merchant, uint256 amount) private {
        uint256 net = _accept(bps, sessionId, merchant, NATIVE, amount);
        _sendNative(merchant, net);
    }

    function _payToken(uint16 bps, bytes32 sessionId, address merchant, address token, uint256 amount) private {
        uint256 net = _accept(bps, sessionId, merchant, token, amount);
        if (token.code.length == 0) revert TokenWithoutCode(token);
        uint256 balance = IERC20(token).balanceOf(merchant);
        IERC20(token).safeTransferFrom(msg.sender, merchant, net);
        uint256 delivered = IERC20(token).balanceOf(merchant) - balance;
        if (delivered != net) revert InexactDelivery(delivered, net);
        // Straight from the payer as well: a payment never lowers a balance of the gateway.
        if (amount != net) IERC20(token).safeTransferFrom(msg.sender, address(this), amount - net);
    }

    function _accept(
        uint16 bps,
        bytes32 sessionId,
        address merchant,
        address token,
        uint256 amount
    ) private returns (uint256 net) {
        if (merchant == address(0) || merchant == address(this)) revert InvalidMerchant(merchant);
        if (amount == 0) revert ZeroAmount();
        if (sessionId.expiryOf() != 0) _useOnce(bps, sessionId, merchant, token, amount);
        else if (sessionId == 0) revert ZeroSessionId();
        uint256 fee;
        (fee, net) = _split(bps, amount);
        emit Paid(sessionId, msg.sender, merchant, token, amount, fee, net);
    }

    /// @dev Keyed by the terms, not by the merchant alone: else a stranger could burn a salt with an id over 1 wei.
    function _useOnce(uint16 bps, bytes32 sessionId, address merchant, address token, uint256 amount) private {
        uint32 expiry = sessionId.expiryOf();
        uint64 salt = sessionId.saltOf();
        if (block.timestamp > expiry) revert PaymentExpired(block.timestamp, expiry);
        bytes32 expected = PaymentId.bound(bps, merchant, token, amount, expiry, salt);
        if (sessionId != expected) revert PaymentIdMismatch(sessionId, expected);
        StorageSlot.Uint256Slot storage used = _usedSalts(merchant, token, amount, salt);
        uint256 word = used.value;
        uint256 bit = _bit(salt);
        if (word & bit != 0) revert PaymentReplayed(sessionId);
        used.value = word | bit;
    }

    function _sendNative(address to, uint256 amount) private {
        bytes memory nothing;
        // Return data is not copied: a receiver must not be able to bill the payer for its memory.
        if (!LowLevelCall.callNoReturn(to, amount, nothing)) revert NativeTransferFailed(to, amount);
    }

    function _nativeSum(Payment[] calldata payments) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < payments.length; ++i) {
            if (payments[i].token == NATIVE) sum += payments[i].amount;
        }
    }

    /// @dev The slot is the hash itself. Nothing else lives at such a place: the contract has no mapping.
    function _usedSalts(address merchant, address token, uint256 amount, uint64 salt)
        private
        pure
        returns (StorageSlot.Uint256Slot storage)
    {
        return StorageSlot.getUint256Slot(keccak256(abi.encode(merchant, token, amount, salt >> 8)));
    }

    /// @dev `floor(amount * bps / BPS)` in two parts, so that no amount can overflow.
    function _split(uint16 bps, uint256 amount) private pure returns (uint256 fee, uint256 net) {
        unchecked {
            fee = (amount / BPS) * bps + ((amount % BPS) * bps) / BPS;
            net = amount - fee;
        }
    }

    function _bit(uint64 salt) private pure returns (uint256) {
        return 1 << (salt & 0xff);
    }
}
