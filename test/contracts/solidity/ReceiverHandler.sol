// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlementReceiver} from "../../../contracts/interfaces/ISettlementReceiver.sol";
import {ReceiverLedger} from "./ReceiverLedger.sol";

/// @dev Everything that anyone may do to the receiver, one function each. Each ends in success or reverts the campaign.
contract ReceiverHandler is ReceiverLedger {
    struct Payment {
        address payer;
        bytes32 nonce;
        uint256 amount;
    }

    uint256 public constant ACTIONS = 16;

    ISettlementReceiver.Authorization[] private used;
    Payment[] private unrefunded;
    Payment[] private refundedOnce;
    Payment[] private cancelled;
    uint256 private nonces;
    uint96 private limit = LIMIT;

    /// @dev How often each action succeeded in this run.
    uint256[ACTIONS] public succeeded;

    function settle(uint256 seed) external booked {
        ISettlementReceiver.Authorization memory entry = fresh(seed);
        settleAlone(entry);
        keep(entry);
        ++succeeded[0];
    }

    function submitToUsdc(uint256 seed) external booked {
        ISettlementReceiver.Authorization memory entry = fresh(seed);
        submit(address(receiver), entry);
        keep(entry);
        ++succeeded[1];
    }

    function transfer(uint256 seed) external booked {
        uint256 amount = give(seed);
        vm.prank(payerOf(seed));
        check("transfer", usdc.transfer(address(receiver), amount));
        ++succeeded[2];
    }

    /// @dev Two good entries and each kind of bad one around them.
    function settleBatch(uint256 seed) external booked {
        ISettlementReceiver.Authorization[] memory entries = new ISettlementReceiver.Authorization[](6);
        entries[0] = fresh(seed);
        entries[1] = entries[0];
        entries[2] = spoiled(seed);
        entries[3] = used.length > 0 ? used[seed % used.length] : entries[0];
        entries[4] = fresh(seed >> 8);
        entries[5] = fresh(seed >> 16);
        cancel(keyOf(seed >> 16), entries[5].from, entries[5].nonce);
        cancelled.push(Payment(entries[5].from, entries[5].nonce, 0));
        uint256 before = skipped;
        receiver.settleBatch(entries);
        keep(entries[0]);
        keep(entries[4]);
        expectedSkips = before + 4;
        ++succeeded[3];
    }

    /// @dev What `skipped` must be once the logs are booked.
    uint256 private expectedSkips;

    function settleCancelled(uint256 seed) external booked {
        ISettlementReceiver.Authorization memory entry = fresh(seed);
        cancel(keyOf(seed), entry.from, entry.nonce);
        refuseToSettle(entry);
        cancelled.push(Payment(entry.from, entry.nonce, 0));
        ++succeeded[4];
    }

    function settleAgain(uint256 seed) external booked {
        if (used.length == 0) return;
        refuseToSettle(used[seed % used.length]);
        ++succeeded[5];
    }

    function settleSpoiled(uint256 seed) external booked {
        refuseToSettle(spoiled(seed));
        ++succeeded[6];
    }

    /// @dev As an operator does who has seen the logs: no more than was paid, and to the limit.
    function refund(uint256 seed) external booked {
        if (unrefunded.length == 0) return;
        uint256 index = seed % unrefunded.length;
        Payment memory payment = unrefunded[index];
        uint256 amount = bound(seed >> 8, 1, payment.amount);
        uint256 left = limit > refundedInADay() ? limit - refundedInADay() : 0;
        uint256 balance = usdc.balanceOf(address(receiver));
        equal("5: refundable", receiver.refundable(), left);
        if (amount > left) {
            refuseRefund(OPERATOR, payment, amount, ISettlementReceiver.RefundLimitExceeded.selector);
            amount = left;
        }
        if (amount == 0 || amount > balance) return;
        vm.prank(OPERATOR);
        receiver.refund(payment.payer, payment.nonce, amount);
        unrefunded[index] = unrefunded[unrefunded.length - 1];
        unrefunded.pop();
        refundedOnce.push(payment);
        ++succeeded[7];
    }

    function refundWrongly(uint256 seed) external booked {
        Payment memory unknown = Payment(payerOf(seed), bytes32(++nonces), 1);
        refuseRefund(OPERATOR, unknown, 1, ISettlementReceiver.AuthorizationUnused.selector);
        refuseRefund(payerOf(seed), unknown, 1, ISettlementReceiver.NotOperator.selector);
        refuseRefund(address(this), unknown, 1, ISettlementReceiver.NotOperator.selector);
        ++succeeded[8];
        if (refundedOnce.length == 0) return;
        Payment memory past = refundedOnce[seed % refundedOnce.length];
        refuseRefund(OPERATOR, past, 1, ISettlementReceiver.AlreadyRefunded.selector);
    }

    function sweep(uint256 seed) external booked {
        bytes memory call = abi.encodeCall(ISettlementReceiver.sweep, ());
        if (usdc.balanceOf(address(receiver)) <= uint256(limit) + 1) {
            refused(payerOf(seed), address(receiver), call, 0, ISettlementReceiver.NothingToSweep.selector);
        } else {
            vm.prank(payerOf(seed));
            receiver.sweep();
        }
        ++succeeded[9];
    }

    function setLimit(uint256 seed) external {
        uint96 next = uint96(bound(seed, 0, 2 * LIMIT));
        receiver.setRefundLimit(next);
        if (next > limit) {
            bytes memory call = abi.encodeCall(ISettlementReceiver.acceptRefundLimit, ());
            vm.warp(block.timestamp + 2 days - 1);
            refused(payerOf(seed), address(receiver), call, 0, ISettlementReceiver.TooEarly.selector);
            equal("10: a rise waits", receiver.refundLimit(), limit);
            vm.warp(block.timestamp + 1);
            receiver.acceptRefundLimit();
        }
        limit = next;
        ++succeeded[10];
    }

    function changeTreasury(uint256 seed) external {
        address next = address(uint160(bound(seed, 0x7EA5, 0x7EA9)));
        bytes memory call = abi.encodeCall(ISettlementReceiver.acceptTreasury, ());
        receiver.proposeTreasury(next);
        vm.warp(block.timestamp + 2 days - 1);
        refused(next, address(receiver), call, 0, ISettlementReceiver.TooEarly.selector);
        refused(address(this), address(receiver), call, 0, ISettlementReceiver.NotProposedTreasury.selector);
        check("10: the treasury waits", receiver.treasury() == treasury);
        vm.warp(block.timestamp + 1);
        vm.prank(next);
        receiver.acceptTreasury();
        treasury = next;
        ++succeeded[11];
    }

    function settleWhilePaused(uint256 seed) external booked {
        ISettlementReceiver.Authorization memory entry = fresh(seed);
        receiver.pause();
        check("paused holds coins", address(receiver).balance > 0);
        force(seed % 2);
        refuseToSettle(entry);
        receiver.unpause();
        settleAlone(entry);
        keep(entry);
        ++succeeded[12];
    }

    function settleBlacklisted(uint256 seed) external booked {
        ISettlementReceiver.Authorization memory entry = fresh(seed);
        usdc.blacklist(entry.from);
        refuseToSettle(entry);
        usdc.unBlacklist(entry.from);
        ++succeeded[13];
    }

    function forceCoins(uint256 seed) external {
        force(bound(seed, 1, 9));
        ++succeeded[15];
    }

    function wait(uint256 seed) external {
        vm.warp(block.timestamp + bound(seed, 1, 12 hours));
        ++succeeded[14];
    }

    function nothingWasPaidWithWhatWasCancelled() external view {
        for (uint256 i = 0; i < cancelled.length; ++i) {
            equal("7: cancelled", paidWith[cancelled[i].payer][cancelled[i].nonce], 0);
            check("7: reads as used", usdc.authorizationState(cancelled[i].payer, cancelled[i].nonce));
        }
        for (uint256 i = 0; i < used.length; ++i) {
            equal("3: as signed", paidWith[used[i].from][used[i].nonce], used[i].value);
        }
        equal("skipped", skipped, expectedSkips);
    }

    function fresh(uint256 seed) private returns (ISettlementReceiver.Authorization memory) {
        ISettlementReceiver.Authorization memory entry = ISettlementReceiver.Authorization(
            payerOf(seed), give(seed), block.timestamp - 1, block.timestamp + 1, bytes32(++nonces), ""
        );
        return signed(keyOf(seed), address(receiver), entry);
    }

    /// @dev Signed, but not this: too early, too late, for somebody else, or over another amount; or over nothing.
    function spoiled(uint256 seed) private returns (ISettlementReceiver.Authorization memory entry) {
        entry = fresh(seed);
        uint256 kind = (seed >> 24) % 5;
        if (kind == 0) entry.validAfter = block.timestamp;
        else if (kind == 1) entry.validBefore = block.timestamp;
        else if (kind == 2) return signed(keyOf(seed), address(0xE15E), entry);
        else if (kind == 3) entry.value = 0;
        else return signed(keyOf(seed + 1), address(receiver), entry);
        entry = signed(keyOf(seed), address(receiver), entry);
    }

    function give(uint256 seed) private returns (uint256 amount) {
        amount = bound(seed, 1, 200e6);
        usdc.mint(payerOf(seed), amount);
        given[payerOf(seed)] += amount;
    }

    function keep(ISettlementReceiver.Authorization memory entry) private {
        used.push(entry);
        unrefunded.push(Payment(entry.from, entry.nonce, entry.value));
    }

    function settleAlone(ISettlementReceiver.Authorization memory entry) private {
        receiver.settle(entry.from, entry.value, entry.validAfter, entry.validBefore, entry.nonce, entry.signature);
    }

    function refuseToSettle(ISettlementReceiver.Authorization memory entry) private {
        try receiver.settle(
            entry.from, entry.value, entry.validAfter, entry.validBefore, entry.nonce, entry.signature
        ) {
            revert Untrue("refused to settle");
        } catch {}
    }

    function refuseRefund(address caller, Payment memory payment, uint256 amount, bytes4 expected) private {
        bytes memory call = abi.encodeCall(ISettlementReceiver.refund, (payment.payer, payment.nonce, amount));
        refused(caller, address(receiver), call, 0, expected);
    }
}
