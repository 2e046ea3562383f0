// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IPaymentGateway} from "../../../contracts/interfaces/IPaymentGateway.sol";
import {PaymentGateway} from "../../../contracts/PaymentGateway.sol";
import {DemoToken} from "../../mocks/DemoToken.sol";
import {Checks} from "./Cheats.sol";

/// @dev Numbers in names are those of the invariants in `contract-anchors` §8.3 that a property belongs to.
contract PaymentGatewayFuzz is Checks {
    address private constant TREASURY = address(0x7EA5);
    address private constant MERCHANT = address(0x3E3C);
    address private constant PAYER = address(0xBA7E);
    address private constant STRANGER = address(0x57A6);
    uint32 private constant EXPIRY = type(uint32).max;

    DemoToken private token;
    PaymentGateway private gateway;

    function setUp() public {
        vm.warp(1_700_000_000);
        token = new DemoToken("Demo", "DEMO");
        gateway = new PaymentGateway(address(this), TREASURY, 1_000);
    }

    /// @param bps Any fee up to the cap
    /// @param amount Any amount up to all that a payer can have
    function testFuzz_3_4_nativeMovesToTheWei(uint16 bps, uint128 amount, uint64 salt) public {
        cut(bps);
        uint256 price = bound(amount, 1, type(uint128).max);
        uint256 fee = price * gateway.feeBps() / 10_000;
        vm.deal(PAYER, price);
        pay(gateway.paymentIdOf(MERCHANT, address(0), price, EXPIRY, salt), price);
        equal("payer", PAYER.balance, 0);
        equal("merchant", MERCHANT.balance, price - fee);
        equal("gateway", address(gateway).balance, fee);
        equal("treasury", TREASURY.balance, 0);
        check("fee is at most 10 %", fee <= price / 10);
    }

    function testFuzz_3_4_12_tokenMovesToTheUnit(uint16 bps, uint256 amount, uint64 salt, uint128 spare) public {
        cut(bps);
        uint256 price = bound(amount, 1, type(uint256).max - spare);
        (uint256 fee, uint256 net) = gateway.quoteFee(price);
        token.mint(PAYER, price + spare);
        allow(price);
        payToken(gateway.paymentIdOf(MERCHANT, address(token), price, EXPIRY, salt), price);
        equal("payer", token.balanceOf(PAYER), spare);
        equal("merchant", token.balanceOf(MERCHANT), net);
        equal("gateway", token.balanceOf(address(gateway)), fee);
        equal("allowance", token.allowance(PAYER, address(gateway)), price == type(uint256).max ? price : 0);
    }

    function testFuzz_4_feeIsTheFloor(uint16 bps, uint256 amount) public {
        cut(bps);
        (uint256 fee, uint256 net) = gateway.quoteFee(amount);
        equal("fee", fee, Math.mulDiv(amount, gateway.feeBps(), 10_000));
        equal("net", net, amount - fee);
        if (amount < 10) equal("no fee on dust", fee, 0);
    }

    function testFuzz_6_onceAndNoOtherBit(uint64 salt, uint64 other, uint64 amount) public {
        vm.assume(other != salt);
        uint256 price = bound(amount, 1, type(uint64).max);
        vm.deal(PAYER, price * 3);
        bytes32 id = gateway.paymentIdOf(MERCHANT, address(0), price, EXPIRY, salt);
        bytes32 next = gateway.paymentIdOf(MERCHANT, address(0), price, EXPIRY, other);
        pay(id, price);
        check("paid", gateway.isPaid(id, MERCHANT, address(0), price));
        check("other is not", !gateway.isPaid(next, MERCHANT, address(0), price));
        refusePay(id, price, IPaymentGateway.PaymentReplayed.selector);
        pay(next, price);
        check("still paid", gateway.isPaid(id, MERCHANT, address(0), price));
    }

    /// @param flip Bits to change in an id that would be good, but for the four bytes that say whether it is bound
    function testFuzz_7_14_forgedIdIsRefusedAndChangesNothing(uint224 flip, uint64 salt, uint64 amount) public {
        vm.assume(flip != 0);
        uint256 price = bound(amount, 1, type(uint64).max);
        vm.deal(PAYER, price);
        bytes32 id = gateway.paymentIdOf(MERCHANT, address(0), price, EXPIRY, salt);
        bytes32 forged = id ^ bytes32(uint256(flip));
        refusePay(forged, price, IPaymentGateway.PaymentIdMismatch.selector);
        equal("payer", PAYER.balance, price);
        equal("gateway", address(gateway).balance, 0);
        check("unpaid", !gateway.isPaid(id, MERCHANT, address(0), price));
        check("unpaid", !gateway.isPaid(forged, MERCHANT, address(0), price));
        pay(id, price);
    }

    function testFuzz_7_otherTermsAreRefused(uint128 amount, uint128 paid, address merchant, uint64 salt) public {
        uint256 price = bound(amount, 1, type(uint128).max);
        uint256 sent = bound(paid, 1, type(uint128).max);
        vm.assume(merchant != address(0) && merchant != address(gateway));
        vm.assume(sent != price || merchant != MERCHANT);
        vm.deal(PAYER, sent);
        bytes32 id = gateway.paymentIdOf(MERCHANT, address(0), price, EXPIRY, salt);
        bytes memory call = abi.encodeCall(IPaymentGateway.payNativeFor, (id, merchant));
        refused(PAYER, address(gateway), call, sent, IPaymentGateway.PaymentIdMismatch.selector);
    }

    function testFuzz_8_expiryIsTheLastSecond(uint32 expiry, uint32 time, uint64 salt) public {
        vm.assume(expiry != 0);
        vm.warp(bound(time, 1, type(uint32).max));
        vm.deal(PAYER, 1);
        bytes32 id = gateway.paymentIdOf(MERCHANT, address(0), 1, expiry, salt);
        if (block.timestamp > expiry) refusePay(id, 1, IPaymentGateway.PaymentExpired.selector);
        else pay(id, 1);
    }

    function testFuzz_10_onlyTheOwnerDecides(address caller, uint16 bps) public {
        vm.assume(caller != address(this));
        bytes4 expected = bytes4(keccak256("OwnableUnauthorizedAccount(address)"));
        bytes[5] memory calls = [
            abi.encodeCall(IPaymentGateway.setFeeBps, (uint16(bound(bps, 0, 1_000)))),
            abi.encodeCall(IPaymentGateway.setFeeRecipient, (caller)),
            abi.encodeCall(IPaymentGateway.pause, ()),
            abi.encodeCall(IPaymentGateway.unpause, ()),
            abi.encodeWithSignature("transferOwnership(address)", caller)
        ];
        for (uint256 i = 0; i < calls.length; ++i) refused(caller, address(gateway), calls[i], 0, expected);
    }

    function testFuzz_10_riseWaitsAndCutDoesNot(uint16 from, uint16 to, uint32 waited) public {
        uint16 before = cut(from);
        uint16 target = uint16(bound(to, 0, 1_000));
        gateway.setFeeBps(target);
        bytes32 id = gateway.paymentIdOf(MERCHANT, address(0), 1 ether, EXPIRY, 7);
        uint256 time = bound(waited, 0, 3 days);
        vm.warp(block.timestamp + time);
        bool rose = target > before && time >= 1 days;
        equal("fee", gateway.feeBps(), target <= before || rose ? target : before);
        vm.deal(PAYER, 1 ether);
        // An id that was made under the old fee must never be paid under the new one.
        if (rose) refusePay(id, 1 ether, IPaymentGateway.PaymentIdMismatch.selector);
        else pay(id, 1 ether);
    }

    function testFuzz_10_capHolds(uint16 bps) public {
        vm.assume(bps > 1_000);
        bytes memory call = abi.encodeCall(IPaymentGateway.setFeeBps, (bps));
        refused(address(this), address(gateway), call, 0, IPaymentGateway.FeeTooHigh.selector);
    }

    function testFuzz_11_sweepLeavesOne(uint128 native, uint128 tokens, address caller) public {
        vm.deal(address(gateway), native);
        token.mint(address(gateway), tokens);
        sweepAs(caller, address(0), native);
        sweepAs(caller, address(token), tokens);
        equal("treasury's coins", TREASURY.balance, native < 2 ? 0 : native - 1);
        equal("treasury's tokens", token.balanceOf(TREASURY), tokens < 2 ? 0 : tokens - 1);
    }

    function testFuzz_idIsWhatTheInterfaceSays(uint128 amount, address merchant, uint32 expiry, uint64 salt) public view {
        bytes32 hash = keccak256(
            abi.encode(
                block.chainid, gateway, merchant, address(token), uint256(amount), gateway.feeBps(), expiry, salt
            )
        );
        bytes32 id = bytes32(abi.encodePacked(expiry, salt, bytes20(hash)));
        check("id", gateway.paymentIdOf(merchant, address(token), amount, expiry, salt) == id);
    }

    /// @dev A cut is in force at once, so every fee can be reached from the cap.
    function cut(uint16 bps) private returns (uint16 fee) {
        fee = uint16(bound(bps, 0, 1_000));
        gateway.setFeeBps(fee);
    }

    function allow(uint256 amount) private {
        vm.prank(PAYER);
        token.approve(address(gateway), amount);
    }

    function pay(bytes32 id, uint256 amount) private {
        vm.prank(PAYER);
        gateway.payNativeFor{value: amount}(id, MERCHANT);
    }

    function payToken(bytes32 id, uint256 amount) private {
        vm.prank(PAYER);
        gateway.payFor(id, MERCHANT, address(token), amount);
    }

    function refusePay(bytes32 id, uint256 amount, bytes4 expected) private {
        bytes memory call = abi.encodeCall(IPaymentGateway.payNativeFor, (id, MERCHANT));
        refused(PAYER, address(gateway), call, amount, expected);
    }

    function sweepAs(address caller, address asset, uint256 balance) private {
        bytes memory call = abi.encodeCall(IPaymentGateway.sweep, (asset));
        if (balance < 2) return refused(caller, address(gateway), call, 0, IPaymentGateway.NothingToSweep.selector);
        vm.prank(caller);
        gateway.sweep(asset);
    }
}
