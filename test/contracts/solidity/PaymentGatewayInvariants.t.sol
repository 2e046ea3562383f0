// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Checks} from "./Cheats.sol";
import {GatewayHandler} from "./GatewayHandler.sol";

/// @dev Numbers are those of `contract-anchors` §8.3. 4, 5, 7, 8, 9, 11 and 12 are judged in the handler, as they happen.
contract PaymentGatewayInvariants is Checks {
    GatewayHandler private handler;

    function setUp() public {
        handler = new GatewayHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_1_2_3_5_10_moneyAndFee() public view {
        handler.moneyIsWhereTheLogsSay();
        feeIsTheModels();
    }

    function feeIsTheModels() private view {
        equal("10: fee", handler.gateway().feeBps(), handler.fee());
        check("10: cap", handler.fee() <= 1_000);
        check("10: owner", handler.gateway().owner() == address(handler));
    }

    /// @dev Ends every run. Each action must have succeeded in each run: 1,000 runs prove 1,000 successes of each.
    function afterInvariant() public {
        handler.payNative(1);
        handler.payOpen(2);
        handler.payToken(3);
        handler.payByPermit(4);
        handler.payBatch(5);
        handler.replay(6);
        handler.payForged(7);
        handler.payLate(8);
        handler.sweep(9);
        handler.setFee(10);
        handler.payWhilePaused(11);
        handler.donate(12);
        handler.wait(13);
        for (uint256 i = 0; i < handler.ACTIONS(); ++i) check("every action succeeded", handler.succeeded(i) > 0);
        invariant_1_2_3_5_10_moneyAndFee();
        bitsOfPaidIdsAlone();
    }

    function bitsOfPaidIdsAlone() private view {
        (GatewayHandler.Quote[] memory paid, GatewayHandler.Quote[] memory refused_) = handler.quotes();
        for (uint256 i = 0; i < paid.length; ++i) check("6: paid stays paid", handler.isPaid(paid[i]));
        for (uint256 i = 0; i < refused_.length; ++i) check("6: unpaid stays unpaid", !handler.isPaid(refused_[i]));
        check("6: one log at least per paid id", handler.paidLogs() >= paid.length);
    }
}
