// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IPaymentGateway} from "./interfaces/IPaymentGateway.sol";

/// @title What the owner of a payment gateway decides: fee, fee recipient, pause
abstract contract GatewaySettings is IPaymentGateway, Ownable2Step {
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

    Settings private _settings;

    constructor(address owner_, address feeRecipient_, uint16 feeBps_) Ownable(owner_) {
        _setFeeRecipient(feeRecipient_);
        _checkFee(feeBps_);
        _setFeeNow(feeBps_);
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
    function pendingFee() external view returns (uint16, uint64) {
        if (block.timestamp >= _settings.feeSince) return (0, 0);
        return (_settings.newFeeBps, _settings.feeSince);
    }

    /// @inheritdoc IPaymentGateway
    function paused() external view returns (bool) {
        return _settings.paused;
    }

    /// @inheritdoc IPaymentGateway
    function feeRecipient() public view returns (address) {
        return _settings.feeRecipient;
    }

    /// @inheritdoc IPaymentGateway
    function feeBps() public view returns (uint16) {
        (uint16 bps,) = _feeAndPause();
        return bps;
    }

    function _payableFeeBps() internal view returns (uint16) {
        (uint16 bps, bool stopped) = _feeAndPause();
        if (stopped) revert PaymentsPaused();
        return bps;
    }

    function _setFeeNow(uint16 newFeeBps) private {
        uint48 since = uint48(block.timestamp);
        (_settings.oldFeeBps, _settings.newFeeBps, _settings.feeSince) = (newFeeBps, newFeeBps, since);
        emit FeeChanged(newFeeBps);
    }

    function _setFeeRecipient(address newFeeRecipient) private {
        if (newFeeRecipient == address(0) || newFeeRecipient == address(this)) {
            revert InvalidFeeRecipient(newFeeRecipient);
        }
        _settings.feeRecipient = newFeeRecipient;
        emit FeeRecipientChanged(newFeeRecipient);
    }

    /// @dev Both in one function, so that a payment reads the slot once.
    function _feeAndPause() private view returns (uint16 bps, bool stopped) {
        Settings storage settings = _settings;
        stopped = settings.paused;
        bps = block.timestamp < settings.feeSince ? settings.oldFeeBps : settings.newFeeBps;
    }

    function _checkFee(uint16 newFeeBps) private pure {
        if (newFeeBps > MAX_FEE_BPS) revert FeeTooHigh(newFeeBps, MAX_FEE_BPS);
    }
}
