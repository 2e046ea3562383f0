// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Checks} from "./Cheats.sol";
import {ReceiverHandler} from "./ReceiverHandler.sol";

/// @dev Numbers are those of `contract-anchors` §8.3, receiver. 3, 4, 5, 6, 8 and 10 are judged in the handler and its
/// ledger, as they happen. 2 holds for an operator who looks at the logs, as the interface demands: what one costs who
/// does not is 5.
contract SettlementReceiverInvariants is Checks {
    ReceiverHandler private handler;

    function setUp() public {
        handler = new ReceiverHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_1_2_6_moneyIsWhereTheLogsSay() public view {
        handler.moneyIsWhereTheLogsSay();
    }

    /// @dev Ends every run. Each action must have succeeded in each run: 1,000 runs prove 1,000 successes of each.
    function afterInvariant() public {
        handler.settle(1);
        handler.submitToUsdc(2);
        handler.transfer(3);
        handler.settleBatch(4);
        handler.settleCancelled(5);
        handler.settleAgain(6);
        handler.settleSpoiled(7);
        handler.setLimit(500e6);
        handler.changeTreasury(8);
        handler.refund(9);
        handler.refundWrongly(10);
        handler.sweep(11);
        handler.settleWhilePaused(12);
        handler.settleBlacklisted(13);
        handler.wait(14);
        handler.forceCoins(15);
        for (uint256 i = 0; i < handler.ACTIONS(); ++i) check("every action succeeded", handler.succeeded(i) > 0);
        handler.moneyIsWhereTheLogsSay();
        handler.payersHaveWhatTheLogsSay();
        handler.nothingWasPaidWithWhatWasCancelled();
        check("10: owner", handler.receiver().owner() == address(handler));
    }
}
