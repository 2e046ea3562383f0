// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlementReceiver} from "../../../contracts/interfaces/ISettlementReceiver.sol";
import {SettlementReceiver} from "../../../contracts/SettlementReceiver.sol";
import {CircleUsdc} from "./CircleUsdc.sol";

/// @dev Numbers are those of `contract-anchors` §8.3, receiver.
contract SettlementReceiverFuzz is CircleUsdc {
    uint256 private constant KEY = 0xA11CE;
    address private constant TREASURY = address(0x7EA5);
    address private constant OPERATOR = address(0x0BE4);
    uint96 private constant LIMIT = 500e6;
    uint256 private constant FUNDS = 1e15;
    uint256 private constant NOW = 1_700_000_000;
    /// @dev Nonces below are used, each for a payment of 1.
    uint256 private constant USED = 5;

    SettlementReceiver private receiver;
    address private payer;

    function setUp() public {
        vm.warp(NOW);
        // Of the chain, the runner forgets what a test's constructor set.
        vm.chainId(8453);
        vm.deal(address(this), 1);
        receiver = new SettlementReceiver{value: 1}(address(this), TREASURY, OPERATOR, LIMIT);
        payer = vm.addr(KEY);
        usdc.mint(payer, FUNDS);
        for (uint256 i = 0; i < USED; ++i) check("settles", settles(good(1, bytes32(i))));
    }

    function testFuzz_3_settlesWhatWasSignedInItsTimeAndOnce(uint64 value, uint64 from, uint64 until, bytes32 nonce)
        public
    {
        vm.assume(uint256(nonce) >= USED);
        (uint256 validAfter, uint256 validBefore) = (bound(from, NOW - 9, NOW + 3), bound(until, NOW - 3, NOW + 9));
        ISettlementReceiver.Authorization memory entry = signed(
            KEY, address(receiver), ISettlementReceiver.Authorization(payer, value, validAfter, validBefore, nonce, "")
        );
        bool isGood = value > 0 && value <= FUNDS - USED && validAfter < NOW && NOW < validBefore;
        equal("settles", settles(entry) ? 1 : 0, isGood ? 1 : 0);
        equal("receiver", usdc.balanceOf(address(receiver)), USED + (isGood ? value : 0));
        equal("payer", usdc.balanceOf(payer), FUNDS - USED - (isGood ? value : 0));
        check("once", !settles(entry));
    }

    function testFuzz_3_settlesNothingElse(uint64 value, bytes32 nonce, uint256 change) public {
        vm.assume(uint256(nonce) >= USED);
        ISettlementReceiver.Authorization memory entry = good(bound(value, 1, FUNDS / 8), nonce);
        uint256 by = bound(change >> 8, 1, type(uint64).max);
        if (change % 7 == 0) entry.value += by;
        else if (change % 7 == 1) entry.validAfter += 1 + by % 1_000;
        else if (change % 7 == 2) entry.validBefore += by;
        else if (change % 7 == 3) entry.nonce ^= bytes32(by);
        else if (change % 7 == 4) entry.from = address(uint160(payer) ^ uint160(by));
        else if (change % 7 == 5) entry.signature[by % 65] ^= bytes1(uint8(1 << (by >> 8) % 8));
        else entry = signed(KEY, address(uint160(address(receiver)) ^ uint160(by)), entry);
        check("refused", !settles(entry));
        ISettlementReceiver.Authorization[] memory entries = new ISettlementReceiver.Authorization[](1);
        entries[0] = entry;
        receiver.settleBatch(entries);
        equal("receiver", usdc.balanceOf(address(receiver)), USED);
    }

    function testFuzz_7_cancelledNeverSettles(uint64 value, bytes32 nonce) public {
        vm.assume(uint256(nonce) >= USED);
        ISettlementReceiver.Authorization memory entry = good(bound(value, 1, FUNDS / 8), nonce);
        cancel(KEY, payer, nonce);
        check("reads as used", usdc.authorizationState(payer, nonce));
        check("refused", !settles(entry));
        equal("receiver", usdc.balanceOf(address(receiver)), USED);
    }

    /// @dev A batch does what its entries do one by one.
    function testFuzz_batchIsItsEntries(uint256 seed) public {
        ISettlementReceiver.Authorization[] memory entries = new ISettlementReceiver.Authorization[](bound(seed, 1, 3));
        for (uint256 i = 0; i < entries.length; ++i) {
            uint256 luck = (seed >> (16 * i + 16)) % 65_536;
            entries[i] = good(1 + luck % 5, bytes32(USED + luck % 2));
            if (luck % 11 == 0) entries[i].value += 1;
        }
        uint256 start = vm.snapshotState();
        for (uint256 i = 0; i < entries.length; ++i) settles(entries[i]);
        uint256 oneByOne = usdc.balanceOf(address(receiver));
        check("back", vm.revertToState(start));
        receiver.settleBatch(entries);
        equal("receiver", usdc.balanceOf(address(receiver)), oneByOne);
    }

    /// @dev Against the flag alone, which the owner sets: whatever coins come, and when, they change nothing.
    function testFuzz_pauseStopsWhateverCoinsCome(uint256 steps, uint64 coins) public {
        bool isPaused;
        for (uint256 i = 0; i < USED; ++i) {
            uint256 step = (steps >> (8 * i)) % 4;
            if (step == 0) vm.deal(address(receiver), address(receiver).balance + coins);
            else if (step == 1) receiver.pause();
            else if (step == 2) receiver.unpause();
            if (step != 0 && step != 3) isPaused = step == 1;
            check("told", receiver.paused() == isPaused);
            check("settles", settles(good(1, bytes32(USED + i))) == !isPaused);
        }
    }

    function testFuzz_1_4_refundMovesTheAmountToThePayer(uint64 value, uint96 amount, bytes32 nonce) public {
        vm.assume(uint256(nonce) >= USED);
        uint256 paid = bound(value, 1, FUNDS / 8);
        check("settles", settles(good(paid, nonce)));
        uint256 back = bound(amount, 1, paid < LIMIT ? paid : LIMIT);
        vm.prank(OPERATOR);
        receiver.refund(payer, nonce, back);
        equal("payer", usdc.balanceOf(payer), FUNDS - USED - paid + back);
        equal("receiver", usdc.balanceOf(address(receiver)), USED + paid - back);
        refuseRefund(OPERATOR, nonce, 1, ISettlementReceiver.AlreadyRefunded.selector);
    }

    function testFuzz_4_refundsOnlyWhatWasUsedAndOnlyTheOperator(address caller, bytes32 nonce, uint96 amount) public {
        vm.assume(caller != OPERATOR && uint256(nonce) >= USED);
        uint256 back = bound(amount, 1, LIMIT);
        refuseRefund(OPERATOR, nonce, back, ISettlementReceiver.AuthorizationUnused.selector);
        refuseRefund(caller, 0, back, ISettlementReceiver.NotOperator.selector);
        refuseRefund(OPERATOR, 0, 0, ISettlementReceiver.ZeroAmount.selector);
    }

    /// @dev Against a model that knows no checkpoints: the sum of what went out in the 24 hours that end now.
    function testFuzz_5_refundsOfAnyDayStayInTheLimit(uint256 amounts, uint256 waits) public {
        usdc.mint(address(receiver), 4 * LIMIT);
        uint256[USED] memory times;
        uint256[USED] memory sums;
        for (uint256 i = 0; i < USED; ++i) {
            vm.warp(block.timestamp + ((waits >> (32 * i)) % 65_536));
            uint256 amount = bound((amounts >> (40 * i)) % (1 << 40), 1, LIMIT / 2);
            uint256 used = 0;
            for (uint256 j = 0; j < i; ++j) if (times[j] + 1 days > block.timestamp) used += sums[j];
            equal("refundable", receiver.refundable(), LIMIT - used);
            if (used + amount > LIMIT) {
                refuseRefund(OPERATOR, bytes32(i), amount, ISettlementReceiver.RefundLimitExceeded.selector);
                continue;
            }
            vm.prank(OPERATOR);
            receiver.refund(payer, bytes32(i), amount);
            (times[i], sums[i]) = (block.timestamp, amount);
        }
    }

    function testFuzz_6_sweepLeavesTheLimitAndOne(uint64 minted, uint64 limit, address caller) public {
        uint256 kept = uint256(bound(limit, 0, LIMIT)) + 1;
        receiver.setRefundLimit(uint96(kept - 1));
        usdc.mint(address(receiver), uint256(minted) + 1);
        uint256 balance = uint256(minted) + 1 + USED;
        bytes memory call = abi.encodeCall(ISettlementReceiver.sweep, ());
        if (balance <= kept) {
            return refused(caller, address(receiver), call, 0, ISettlementReceiver.NothingToSweep.selector);
        }
        vm.prank(caller);
        receiver.sweep();
        equal("receiver", usdc.balanceOf(address(receiver)), kept);
        equal("treasury", usdc.balanceOf(TREASURY), balance - kept);
    }

    function testFuzz_10_onlyTheOwnerDecides(address caller, address to, uint96 limit) public {
        vm.assume(caller != address(this));
        bytes4 expected = bytes4(keccak256("OwnableUnauthorizedAccount(address)"));
        bytes[6] memory calls = [
            abi.encodeCall(ISettlementReceiver.proposeTreasury, (to)),
            abi.encodeCall(ISettlementReceiver.setRefundLimit, (limit)),
            abi.encodeCall(ISettlementReceiver.setOperator, (to)),
            abi.encodeCall(ISettlementReceiver.pause, ()),
            abi.encodeCall(ISettlementReceiver.unpause, ()),
            abi.encodeWithSignature("transferOwnership(address)", to)
        ];
        for (uint256 i = 0; i < calls.length; ++i) refused(caller, address(receiver), calls[i], 0, expected);
    }

    function testFuzz_10_treasuryWaitsAndAccepts(address heir, address caller, uint32 waited) public {
        vm.assume(heir != address(0) && heir != address(receiver) && heir != address(usdc) && caller != heir);
        receiver.proposeTreasury(heir);
        uint256 time = bound(waited, 0, 4 days);
        vm.warp(NOW + time);
        bytes memory call = abi.encodeCall(ISettlementReceiver.acceptTreasury, ());
        refused(caller, address(receiver), call, 0, ISettlementReceiver.NotProposedTreasury.selector);
        if (time < 2 days) refused(heir, address(receiver), call, 0, ISettlementReceiver.TooEarly.selector);
        else accept(heir);
        check("treasury", receiver.treasury() == (time < 2 days ? TREASURY : heir));
    }

    function testFuzz_10_riseWaitsAndCutDoesNot(uint96 to, uint32 waited, address caller) public {
        receiver.setRefundLimit(to);
        uint256 time = bound(waited, 0, 4 days);
        vm.warp(NOW + time);
        bytes memory call = abi.encodeCall(ISettlementReceiver.acceptRefundLimit, ());
        bytes4 nothing = ISettlementReceiver.NothingProposed.selector;
        if (to <= LIMIT) refused(caller, address(receiver), call, 0, nothing);
        else if (time < 2 days) refused(caller, address(receiver), call, 0, ISettlementReceiver.TooEarly.selector);
        else receiver.acceptRefundLimit();
        bool isInForce = to <= LIMIT || time >= 2 days;
        equal("limit", receiver.refundLimit(), isInForce ? to : LIMIT);
        equal("refundable", receiver.refundable(), isInForce ? to : LIMIT);
    }

    function accept(address heir) private {
        vm.prank(heir);
        receiver.acceptTreasury();
    }

    function good(uint256 value, bytes32 nonce) private view returns (ISettlementReceiver.Authorization memory) {
        ISettlementReceiver.Authorization memory entry =
            ISettlementReceiver.Authorization(payer, value, NOW - 1, NOW * 2, nonce, "");
        return signed(KEY, address(receiver), entry);
    }

    function settles(ISettlementReceiver.Authorization memory entry) private returns (bool) {
        try receiver.settle(
            entry.from, entry.value, entry.validAfter, entry.validBefore, entry.nonce, entry.signature
        ) {
            return true;
        } catch {
            return false;
        }
    }

    function refuseRefund(address caller, bytes32 nonce, uint256 amount, bytes4 expected) private {
        refused(
            caller, address(receiver), abi.encodeCall(ISettlementReceiver.refund, (payer, nonce, amount)), 0, expected
        );
    }
}
