// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {RateLimiter} from "@openzeppelin/contracts/utils/RateLimiter.sol";

import {ISettlementReceiver} from "./interfaces/ISettlementReceiver.sol";
import {IUsdc} from "./interfaces/IUsdc.sol";
import {PauseCoin} from "./PauseCoin.sol";

/// @title What the owner of a settlement receiver decides: treasury, refund limit, operator, pause
///
/// @dev Whatever could move money to an account of the owner's choice waits for `CHANGE_DELAY`, in which sweeps go on.
abstract contract ReceiverSettings is ISettlementReceiver, Ownable2Step {
    using RateLimiter for RateLimiter.SlidingWindow;

    /// @dev One slot, all that a sweep reads.
    struct Outflow {
        address treasury;
        uint96 refundLimit;
    }

    /// @dev One slot, read once by a settlement or a refund.
    struct Access {
        address operator;
        bool paused;
    }

    struct TreasuryProposal {
        address treasury;
        uint64 acceptableFrom;
    }

    struct RefundLimitProposal {
        uint96 refundLimit;
        uint64 acceptableFrom;
    }

    uint64 public constant CHANGE_DELAY = 2 days;
    uint48 private constant REFUND_WINDOW = 1 days;
    /// @dev One window for all operators, so that to change the operator does not start a new one.
    bytes32 private constant REFUNDS = 0;

    IUsdc internal immutable _usdc;
    PauseCoin private immutable _pauseCoin;
    Outflow internal _outflow;
    Access internal _access;
    TreasuryProposal private _treasuryProposal;
    RefundLimitProposal private _refundLimitProposal;
    RateLimiter.SlidingWindow private _refunds;

    constructor(address owner_, address treasury_, address operator_, uint96 refundLimit_) payable Ownable(owner_) {
        _usdc = _usdcOf(block.chainid);
        // A call to an address without code succeeds: a batch would call everything settled.
        if (address(_usdc).code.length == 0) revert UnsupportedChain(block.chainid);
        // Without it a pause would stop nothing.
        if (msg.value == 0) revert CoinMissing();
        _pauseCoin = new PauseCoin{value: msg.value}();
        _checkTreasury(treasury_);
        _setTreasury(treasury_);
        _setRefundLimit(refundLimit_);
        _setOperator(operator_);
    }

    /// @dev From the coin's keeper alone: anybody else's would be lost.
    receive() external payable {
        if (msg.sender != address(_pauseCoin)) revert NotPauseCoin(msg.sender, address(_pauseCoin));
    }

    /// @inheritdoc ISettlementReceiver
    function proposeTreasury(address newTreasury) external onlyOwner {
        _checkTreasury(newTreasury);
        uint64 acceptableFrom = uint64(block.timestamp) + CHANGE_DELAY;
        _treasuryProposal = TreasuryProposal(newTreasury, acceptableFrom);
        emit TreasuryProposed(newTreasury, acceptableFrom);
    }

    /// @inheritdoc ISettlementReceiver
    function acceptTreasury() external {
        TreasuryProposal memory proposal = _treasuryProposal;
        if (msg.sender != proposal.treasury) revert NotProposedTreasury(msg.sender, proposal.treasury);
        _checkDelay(proposal.acceptableFrom);
        _setTreasury(proposal.treasury);
    }

    /// @inheritdoc ISettlementReceiver
    function setRefundLimit(uint96 newRefundLimit) external onlyOwner {
        if (newRefundLimit <= _outflow.refundLimit) return _setRefundLimit(newRefundLimit);
        uint64 acceptableFrom = uint64(block.timestamp) + CHANGE_DELAY;
        _refundLimitProposal = RefundLimitProposal(newRefundLimit, acceptableFrom);
        emit RefundLimitProposed(newRefundLimit, acceptableFrom);
    }

    /// @inheritdoc ISettlementReceiver
    function acceptRefundLimit() external {
        RefundLimitProposal memory proposal = _refundLimitProposal;
        if (proposal.acceptableFrom == 0) revert NothingProposed();
        _checkDelay(proposal.acceptableFrom);
        _setRefundLimit(proposal.refundLimit);
    }

    /// @inheritdoc ISettlementReceiver
    function setOperator(address newOperator) external onlyOwner {
        _setOperator(newOperator);
    }

    /// @inheritdoc ISettlementReceiver
    function pause() external onlyOwner {
        _access.paused = true;
        emit Paused();
        _pauseCoin.give();
    }

    /// @inheritdoc ISettlementReceiver
    function unpause() external onlyOwner {
        _access.paused = false;
        emit Unpaused();
        // All, for what was forced on the receiver makes every settlement dearer.
        _pauseCoin.keep{value: address(this).balance}();
    }

    /// @dev Always reverts: without an owner the treasury, the operator and the pause could never change again.
    function renounceOwnership() public pure override {
        revert RenounceDisabled();
    }

    /// @inheritdoc ISettlementReceiver
    function usdc() external view returns (address) {
        return address(_usdc);
    }

    /// @inheritdoc ISettlementReceiver
    function treasury() external view returns (address) {
        return _outflow.treasury;
    }

    /// @inheritdoc ISettlementReceiver
    function proposedTreasury() external view returns (address, uint64) {
        return (_treasuryProposal.treasury, _treasuryProposal.acceptableFrom);
    }

    /// @inheritdoc ISettlementReceiver
    function refundLimit() external view returns (uint96) {
        return _outflow.refundLimit;
    }

    /// @inheritdoc ISettlementReceiver
    function proposedRefundLimit() external view returns (uint96, uint64) {
        return (_refundLimitProposal.refundLimit, _refundLimitProposal.acceptableFrom);
    }

    /// @inheritdoc ISettlementReceiver
    function operator() external view returns (address) {
        return _access.operator;
    }

    /// @inheritdoc ISettlementReceiver
    function paused() external view returns (bool) {
        return _access.paused;
    }

    /// @inheritdoc ISettlementReceiver
    function refundable() public view returns (uint256) {
        return _refunds.available(REFUNDS);
    }

    function _countRefund(uint256 amount) internal {
        if (!_refunds.tryConsume(REFUNDS, amount)) revert RefundLimitExceeded(amount, refundable());
    }

    function _setTreasury(address newTreasury) private {
        delete _treasuryProposal;
        _outflow.treasury = newTreasury;
        emit TreasuryChanged(newTreasury);
    }

    function _setRefundLimit(uint96 newRefundLimit) private {
        delete _refundLimitProposal;
        _outflow.refundLimit = newRefundLimit;
        _refunds.updateSettings(REFUND_WINDOW, newRefundLimit);
        emit RefundLimitChanged(newRefundLimit);
    }

    function _setOperator(address newOperator) private {
        _access.operator = newOperator;
        emit OperatorChanged(newOperator);
    }

    function _checkTreasury(address newTreasury) private view {
        bool isLoss = newTreasury == address(0) || newTreasury == address(this) || newTreasury == address(_usdc);
        if (isLoss) revert InvalidTreasury(newTreasury);
    }

    function _checkDelay(uint64 acceptableFrom) private view {
        if (block.timestamp < acceptableFrom) revert TooEarly(block.timestamp, acceptableFrom);
    }

    /// @dev Known here and not given to the constructor: the receiver's address must be the same on both chains. Zero,
    /// where there is no code, on any other chain.
    function _usdcOf(uint256 chainId) private pure returns (IUsdc known) {
        if (chainId == 8453) return IUsdc(0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913);
        if (chainId == 84532) return IUsdc(0x036CbD53842c5426634e7929541eC2318f3dCF7e);
    }
}
