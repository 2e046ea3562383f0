// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";

/// @title Keeps a receiver's coin, one wei, while settlements run
///
/// @dev A receiver that is paused holds coins, so that one without coins is not paused. To look at its own balance
/// costs a settlement 5 gas, to read the pause from storage 2,100. It does that only where it holds coins, which a
/// stranger can force on it (settlements cost what they save here, until `unpause`) and nobody can take from it.
///
/// The coin waits here, for an owner who pauses may be a multisig without any.
contract PauseCoin {
    address private immutable _receiver;

    /// @notice Only the receiver may take the coins.
    error NotReceiver(address actual, address expected);

    constructor() payable {
        _receiver = msg.sender;
    }

    /// @notice Keeps what is sent along.
    function keep() external payable {}

    /// @notice Sends all that is kept to the receiver.
    function give() external {
        if (msg.sender != _receiver) revert NotReceiver(msg.sender, _receiver);
        Address.sendValue(payable(_receiver), address(this).balance);
    }
}
