// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20, SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {StorageSlot} from "@openzeppelin/contracts/utils/StorageSlot.sol";

import {IPaymentGateway} from "./interfaces/IPaymentGateway.sol";

/// @title Payment gateway
///
/// @dev Every payment runs check, set, emit, transfer. Never send coins or tokens here directly: they count as fees.
contract PaymentGateway is IPaymentGateway, Ownable2Step, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One slot, read once per payment. Until `feeSince` the fee is `oldFeeBps`, from then on `newFeeBps`.
    struct Settings {
        address feeRecipient;
        uint16 oldFeeBps;
        uint16 newFeeBps;
        uint48 feeSince;
        bool paused;
    }

    uint16 public constant MAX_FEE_BPS = 1_000;
    uint48 public constant FEE_RISE_DELAY = 1 days;

    uint16 private constant BPS = 10_000;
    address private constant NATIVE = address(0);

    Settings private _settings;

    constructor(address owner_, address feeRecipient_, uint16 feeBps_) Ownable(owner_) {
        _setFeeRecipient(feeRecipient_);
        _checkFee(feeBps_);
        _setFeeNow(feeBps_);
    }

    /// @inheritdoc IPaymentGateway
    function payNativeFor(bytes32 sessionId, address merchant) external payable nonReentrant {
        uint256 net = _accept(_payableFeeBps(), sessionId, merchant, NATIVE, msg.value);
        _sendNative(merchant, net);
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
        uint16 bps = _payableFeeBps();
        uint256 native;
        for (uint256 i = 0; i < payments.length; ++i) {
            Payment calldata payment = payments[i];
            if (payment.token == NATIVE) {
                native += payment.amount;
                uint256 net = _accept(bps, payment.sessionId, payment.merchant, NATIVE, payment.amount);
                _sendNative(payment.merchant, net);
            } else {
                _payToken(bps, payment.sessionId, payment.merchant, payment.token, payment.amount);
            }
        }
        if (msg.value != native) revert ValueMismatch(msg.value, native);
    }

    /// @inheritdoc IPaymentGateway
    function sweep(address token) external nonReentrant {
        address to = _settings.feeRecipient;
        uint256 balance = token == NATIVE ? address(this).balance : IERC20(token).balanceOf(address(this));
        if (balance < 2) revert NothingToSweep(token);
        uint256 amount = balance - 1;
        emit Swept(token, to, amount);
        if (token == NATIVE) _sendNative(to, amount);
        else IERC20(token).safeTransfer(to, amount);
    }

    /// @inheritdoc IPaymentGateway
    function setFeeBps(uint16 newFeeBps) external onlyOwner {
        _checkFee(newFeeBps);
        uint16 current = feeBps();
        if (newFeeBps <= current) return _setFeeNow(newFeeBps);
        uint48 since = uint48(block.timestamp) + FEE_RISE_DELAY;
        (_settings.oldFeeBps, _settings.newFeeBps, _settings.feeSince) = (current, newFeeBps, since);
        emit FeeRiseScheduled(newFeeBps, since);
    }

    /// @inheritdoc IPaymentGateway
    function setFeeRecipient(address newFeeRecipient) external onlyOwner {
        _setFeeRecipient(newFeeRecipient);
    }

    /// @inheritdoc IPaymentGateway
    function pause() external onlyOwner {
        _settings.paused = true;
        emit Paused();
    }

    /// @inheritdoc IPaymentGateway
    function unpause() external onlyOwner {
        _settings.paused = false;
        emit Unpaused();
    }

    /// @dev Always reverts: without an owner the fee recipient and the pause could never change again.
    function renounceOwnership() public pure override {
        revert RenounceDisabled();
    }

    /// @inheritdoc IPaymentGateway
    function quoteFee(uint256 amount) external view returns (uint256 fee, uint256 net) {
        return _split(feeBps(), amount);
    }

    /// @inheritdoc IPaymentGateway
    function pendingFee() external view returns (uint16, uint64) {
        Settings memory settings = _settings;
        return block.timestamp < settings.feeSince ? (settings.newFeeBps, settings.feeSince) : (0, 0);
    }

    /// @inheritdoc IPaymentGateway
    function feeRecipient() external view returns (address) {
        return _settings.feeRecipient;
    }

    /// @inheritdoc IPaymentGateway
    function paused() external view returns (bool) {
        return _settings.paused;
    }

    /// @inheritdoc IPaymentGateway
    function paymentIdOf(
        address merchant,
        address token,
        uint256 amount,
        uint32 expiry,
        uint64 salt
    ) external view returns (bytes32) {
        return _boundId(feeBps(), merchant, token, amount, expiry, salt);
    }

    /// @inheritdoc IPaymentGateway
    function isPaid(
        bytes32 paymentId,
        address merchant,
        address token,
        uint256 amount
    ) external view returns (bool) {
        if (_expiryOf(paymentId) == 0) return false;
        uint64 salt = _saltOf(paymentId);
        return _usedSalts(merchant, token, amount, salt).value & _bit(salt) != 0;
    }

    /// @inheritdoc IPaymentGateway
    function feeBps() public view returns (uint16) {
        return _feeInForce(_settings);
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
        if (sessionId == 0) revert ZeroSessionId();
        if (merchant == address(0) || merchant == address(this)) revert InvalidMerchant(merchant);
        if (amount == 0) revert ZeroAmount();
        if (_expiryOf(sessionId) != 0) _useOnce(bps, sessionId, merchant, token, amount);
        uint256 fee;
        (fee, net) = _split(bps, amount);
        emit Paid(sessionId, msg.sender, merchant, token, amount, fee, net);
    }

    /// @dev Keyed by the terms, not by the merchant alone: else a stranger could burn a salt with an id over 1 wei.
    function _useOnce(uint16 bps, bytes32 sessionId, address merchant, address token, uint256 amount) private {
        uint32 expiry = _expiryOf(sessionId);
        uint64 salt = _saltOf(sessionId);
        if (block.timestamp > expiry) revert PaymentExpired(block.timestamp, expiry);
        bytes32 expected = _boundId(bps, merchant, token, amount, expiry, salt);
        if (sessionId != expected) revert PaymentIdMismatch(sessionId, expected);
        StorageSlot.Uint256Slot storage used = _usedSalts(merchant, token, amount, salt);
        uint256 word = used.value;
        uint256 bit = _bit(salt);
        if (word & bit != 0) revert PaymentReplayed(sessionId);
        used.value = word | bit;
    }

    function _sendNative(address to, uint256 amount) private {
        // Return data is not copied: a receiver must not be able to bill the payer for its memory.
        if (!LowLevelCall.callNoReturn(to, amount, "")) revert NativeTransferFailed(to, amount);
    }

    function _setFeeNow(uint16 newFeeBps) private {
        (_settings.oldFeeBps, _settings.newFeeBps, _settings.feeSince) = (newFeeBps, newFeeBps, 0);
        emit FeeChanged(newFeeBps);
    }

    function _setFeeRecipient(address newFeeRecipient) private {
        if (newFeeRecipient == address(0) || newFeeRecipient == address(this)) {
            revert InvalidFeeRecipient(newFeeRecipient);
        }
        _settings.feeRecipient = newFeeRecipient;
        emit FeeRecipientChanged(newFeeRecipient);
    }

    function _payableFeeBps() private view returns (uint16) {
        Settings memory settings = _settings;
        if (settings.paused) revert PaymentsPaused();
        return _feeInForce(settings);
    }

    function _feeInForce(Settings memory settings) private view returns (uint16) {
        return block.timestamp < settings.feeSince ? settings.oldFeeBps : settings.newFeeBps;
    }

    function _boundId(
        uint16 bps,
        address merchant,
        address token,
        uint256 amount,
        uint32 expiry,
        uint64 salt
    ) private view returns (bytes32) {
        bytes32 hash =
            keccak256(abi.encode(block.chainid, address(this), merchant, token, amount, bps, expiry, salt));
        return bytes32((uint256(expiry) << 224) | (uint256(salt) << 160) | (uint256(hash) >> 96));
    }

    /// @dev The slot is the hash itself. Nothing else lives at such a place: the contract has no mapping.
    function _usedSalts(
        address merchant,
        address token,
        uint256 amount,
        uint64 salt
    ) private pure returns (StorageSlot.Uint256Slot storage) {
        return StorageSlot.getUint256Slot(keccak256(abi.encode(merchant, token, amount, salt >> 8)));
    }

    function _checkFee(uint16 newFeeBps) private pure {
        if (newFeeBps > MAX_FEE_BPS) revert FeeTooHigh(newFeeBps, MAX_FEE_BPS);
    }

    /// @dev `floor(amount * bps / BPS)` in two parts, so that no amount can overflow.
    function _split(uint16 bps, uint256 amount) private pure returns (uint256 fee, uint256 net) {
        unchecked {
            fee = (amount / BPS) * bps + ((amount % BPS) * bps) / BPS;
            net = amount - fee;
        }
    }

    function _expiryOf(bytes32 sessionId) private pure returns (uint32) {
        return uint32(uint256(sessionId) >> 224);
    }

    function _saltOf(bytes32 sessionId) private pure returns (uint64) {
        return uint64(uint256(sessionId) >> 160);
    }

    function _bit(uint64 salt) private pure returns (uint256) {
        return 1 << (salt & 0xff);
    }
}
