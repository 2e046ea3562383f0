// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentGateway} from "../../../contracts/interfaces/IPaymentGateway.sol";
import {GatewayLedger} from "./GatewayLedger.sol";

/// @dev Everything that anyone may do to the gateway, one function each. Each ends in success or reverts the campaign.
contract GatewayHandler is GatewayLedger {
    struct Quote {
        bytes32 id;
        address merchant;
        address asset;
        uint256 amount;
        uint32 expiry;
        uint16 feeBps;
    }

    uint256 public constant ACTIONS = 13;
    address private constant NATIVE = address(0);
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    Quote[] private paidQuotes;
    Quote[] private refusedQuotes;
    uint64 private salt;
    uint16 private oldFee = 100;
    uint16 private newFee = 100;
    uint256 private feeSince;

    /// @dev How often each action succeeded in this run.
    uint256[ACTIONS] public succeeded;

    function payNative(uint256 seed) external booked {
        Quote memory quote = fresh(seed, NATIVE);
        give(NATIVE, payerOf(seed), quote.amount);
        vm.prank(payerOf(seed));
        gateway.payNativeFor{value: quote.amount}(quote.id, quote.merchant);
        paidQuotes.push(quote);
        ++succeeded[0];
    }

    function payOpen(uint256 seed) external booked {
        Quote memory quote = fresh(seed, NATIVE);
        bytes32 open = bytes32(uint256(quote.id) & type(uint224).max);
        give(NATIVE, payerOf(seed), quote.amount);
        vm.prank(payerOf(seed));
        gateway.payNativeFor{value: quote.amount}(open, quote.merchant);
        check("an open id never counts as paid", !isPaid(quote));
        ++succeeded[1];
    }

    function payToken(uint256 seed) external booked {
        Quote memory quote = fresh(seed, address(token));
        allow(payerOf(seed), quote.amount);
        vm.prank(payerOf(seed));
        gateway.payFor(quote.id, quote.merchant, quote.asset, quote.amount);
        equal("12: allowance is used up", token.allowance(payerOf(seed), address(gateway)), 0);
        paidQuotes.push(quote);
        ++succeeded[2];
    }

    function payByPermit(uint256 seed) external booked {
        Quote memory quote = fresh(seed, address(token));
        address payer = payerOf(seed);
        give(quote.asset, payer, quote.amount);
        bytes32 message = keccak256(
            abi.encode(PERMIT, payer, address(gateway), quote.amount, token.nonces(payer), block.timestamp)
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(seed), digest);
        // Every other time a stranger submits it first.
        if (seed % 2 == 0) token.permit(payer, address(gateway), quote.amount, block.timestamp, v, r, s);
        vm.prank(payer);
        gateway.payForWithPermit(quote.id, quote.merchant, quote.asset, quote.amount, block.timestamp, v, r, s);
        paidQuotes.push(quote);
        ++succeeded[3];
    }

    function payBatch(uint256 seed) external booked {
        IPaymentGateway.Payment[] memory payments = new IPaymentGateway.Payment[](bound(seed, 1, 4));
        uint256 native;
        uint256 tokens;
        for (uint256 i = 0; i < payments.length; ++i) {
            Quote memory quote = fresh(seed >> (8 * i), (seed >> i) % 2 == 0 ? NATIVE : address(token));
            payments[i] = IPaymentGateway.Payment(quote.id, quote.merchant, quote.asset, quote.amount);
            if (quote.asset == NATIVE) native += quote.amount;
            else tokens += quote.amount;
            paidQuotes.push(quote);
        }
        give(NATIVE, payerOf(seed), native);
        allow(payerOf(seed), tokens);
        vm.prank(payerOf(seed));
        gateway.payBatch{value: native}(payments);
        ++succeeded[4];
    }

    function replay(uint256 seed) external booked {
        if (paidQuotes.length == 0) return;
        Quote memory quote = paidQuotes[seed % paidQuotes.length];
        bytes4 expected = IPaymentGateway.PaymentReplayed.selector;
        if (quote.feeBps != fee()) expected = IPaymentGateway.PaymentIdMismatch.selector;
        if (block.timestamp > quote.expiry) expected = IPaymentGateway.PaymentExpired.selector;
        tryToPay(seed, quote, expected);
        ++succeeded[5];
    }

    function payForged(uint256 seed) external booked {
        Quote memory quote = fresh(seed, seed % 2 == 0 ? NATIVE : address(token));
        if (seed % 3 == 0) quote.amount += 1;
        else if (seed % 3 == 1) quote.merchant = address(0xBAD);
        else quote.id ^= bytes32(bound(seed, 1, type(uint160).max));
        tryToPay(seed, quote, IPaymentGateway.PaymentIdMismatch.selector);
        refusedQuotes.push(quote);
        ++succeeded[6];
    }

    function payLate(uint256 seed) external booked {
        Quote memory quote = fresh(seed, seed % 2 == 0 ? NATIVE : address(token));
        vm.warp(uint256(quote.expiry) + bound(seed, 1, 1_000));
        tryToPay(seed, quote, IPaymentGateway.PaymentExpired.selector);
        refusedQuotes.push(quote);
        ++succeeded[7];
    }

    function sweep(uint256 seed) external booked {
        address asset = seed % 2 == 0 ? NATIVE : address(token);
        bytes memory call = abi.encodeCall(IPaymentGateway.sweep, (asset));
        if (holding(asset, address(gateway)) < 2) {
            refused(payerOf(seed), address(gateway), call, 0, IPaymentGateway.NothingToSweep.selector);
        } else {
            vm.prank(payerOf(seed));
            gateway.sweep(asset);
        }
        ++succeeded[8];
    }

    function setFee(uint256 seed) external {
        uint16 next = uint16(bound(seed, 0, 1_000));
        gateway.setFeeBps(next);
        uint16 before = fee();
        bool rise = next > before;
        (oldFee, newFee, feeSince) = (rise ? before : next, next, rise ? block.timestamp + 1 days : 0);
        ++succeeded[9];
    }

    function payWhilePaused(uint256 seed) external booked {
        gateway.pause();
        Quote memory quote = fresh(seed, seed % 2 == 0 ? NATIVE : address(token));
        tryToPay(seed, quote, IPaymentGateway.PaymentsPaused.selector);
        check("9: views work while paused", gateway.feeBps() == fee() && gateway.paused());
        gateway.unpause();
        refusedQuotes.push(quote);
        ++succeeded[10];
    }

    function donate(uint256 seed) external {
        uint256 amount = bound(seed, 1, 1 ether);
        address asset = seed % 2 == 0 ? NATIVE : address(token);
        stray[asset] += amount;
        if (asset == NATIVE) vm.deal(address(gateway), address(gateway).balance + amount);
        else token.mint(address(gateway), amount);
        ++succeeded[11];
    }

    function wait(uint256 seed) external {
        vm.warp(block.timestamp + bound(seed, 1, 12 hours));
        ++succeeded[12];
    }

    function fee() public view returns (uint16) {
        return block.timestamp < feeSince ? oldFee : newFee;
    }

    function isPaid(Quote memory quote) public view returns (bool) {
        return gateway.isPaid(quote.id, quote.merchant, quote.asset, quote.amount);
    }

    function quotes() external view returns (Quote[] memory, Quote[] memory) {
        return (paidQuotes, refusedQuotes);
    }

    function fresh(uint256 seed, address asset) private returns (Quote memory quote) {
        quote.merchant = merchantOf(seed >> 16);
        quote.asset = asset;
        quote.amount = bound(seed, 1, 10 ether);
        quote.expiry = uint32(block.timestamp + bound(seed, 0, 1 days));
        quote.feeBps = fee();
        quote.id = gateway.paymentIdOf(quote.merchant, asset, quote.amount, quote.expiry, ++salt);
    }

    function allow(address payer, uint256 amount) private {
        give(address(token), payer, amount);
        vm.prank(payer);
        token.approve(address(gateway), amount);
    }

    function tryToPay(uint256 seed, Quote memory quote, bytes4 expected) private {
        address payer = payerOf(seed);
        bytes memory call = abi.encodeCall(IPaymentGateway.payNativeFor, (quote.id, quote.merchant));
        if (quote.asset == NATIVE) {
            give(NATIVE, payer, quote.amount);
            return refused(payer, address(gateway), call, quote.amount, expected);
        }
        allow(payer, quote.amount);
        call = abi.encodeCall(IPaymentGateway.payFor, (quote.id, quote.merchant, quote.asset, quote.amount));
        refused(payer, address(gateway), call, 0, expected);
    }
}
