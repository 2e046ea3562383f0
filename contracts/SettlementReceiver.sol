// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ISettlementReceiver} from "./interfaces/ISettlementReceiver.sol";
import {IUsdc} from "./interfaces/IUsdc.sol";
import {ReceiverSettings} from "./ReceiverSettings.sol";

/// @title Settlement receiver
///
/// @dev Needs no guard: USDC calls nobody back but a payer's contract for its signature, and that without letting it
/// change state. Refunds and sweeps run check, set, emit, transfer all the same.
contract SettlementReceiver is ReceiverSettings {
    using SafeERC20 for IUsdc;

    uint256 public constant GAS_PER_ENTRY = 300_000;
    /// @dev A call gets 63/64 of what is left at most, after the 2,600 for an account not yet touched.
    uint256 private constant GAS_LEFT_PER_ENTRY = GAS_PER_ENTRY * 64 / 63 + 3_000;

    mapping(address payer => mapping(bytes32 nonce => bool)) public isRefunded;

    constructor(address owner_, address treasury_, address operator_, uint96 refundLimit_)
        payable
        ReceiverSettings(owner_, treasury_, operator_, refundLimit_)
    {}

    /// @inheritdoc ISettlementReceiver
    function settle(
        address from,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _checkRunning();
        if (value == 0) revert ZeroAmount();
        _usdc.transferWithAuthorization(from, address(this), value, validAfter, validBefore, nonce, signature);
        // After the transfer, as in a batch, for only then it is true.
        emit Settled(from, nonce, value);
    }

    /// @inheritdoc ISettlementReceiver
    function settleBatch(Authorization[] calldata authorizations) external {
        _checkRunning();
        for (uint256 i = 0; i < authorizations.length; ++i) {
            Authorization calldata entry = authorizations[i];
            if (_trySettle(entry)) emit Settled(entry.from, entry.nonce, entry.value);
            else emit Skipped(entry.from, entry.nonce);
        }
    }

    /// @inheritdoc ISettlementReceiver
    function refund(address payer, bytes32 nonce, uint256 amount) external {
        address operator_ = _access.operator;
        if (msg.sender != operator_) revert NotOperator(msg.sender, operator_);
        if (amount == 0) revert ZeroAmount();
        if (isRefunded[payer][nonce]) revert AlreadyRefunded(payer, nonce);
        if (!_usdc.authorizationState(payer, nonce)) revert AuthorizationUnused(payer, nonce);
        _countRefund(amount);
        isRefunded[payer][nonce] = true;
        emit Refunded(payer, nonce, amount);
        _usdc.safeTransfer(payer, amount);
    }

    /// @inheritdoc ISettlementReceiver
    function sweep() external {
        (address to, uint256 reserve) = (_outflow.treasury, _outflow.refundLimit);
        uint256 balance = _usdc.balanceOf(address(this));
        if (balance <= reserve + 1) revert NothingToSweep(balance, reserve + 1);
        uint256 amount = balance - reserve - 1;
        emit Swept(to, amount);
        _usdc.safeTransfer(to, amount);
    }

    function _trySettle(Authorization calldata entry) private returns (bool) {
        if (entry.value == 0) return false;
        bytes memory transfer = abi.encodeCall(
            IUsdc.transferWithAuthorization,
            (
                entry.from,
                address(this),
                entry.value,
                entry.validAfter,
                entry.validBefore,
                entry.nonce,
                entry.signature
            )
        );
        // Without the check a thrifty gas limit would look like a refusal, and estimates would find such a limit.
        uint256 left = gasleft();
        if (left < GAS_LEFT_PER_ENTRY) revert TooLittleGas(left, GAS_LEFT_PER_ENTRY);
        (bool settled,) = address(_usdc).call{gas: GAS_PER_ENTRY}(transfer);
        return settled;
    }

    /// @dev Reads no storage without coins: see `PauseCoin`. Nothing but `unpause` may ever send coins away.
    function _checkRunning() private view {
        if (address(this).balance != 0 && _access.paused) revert SettlementsPaused();
    }
}
