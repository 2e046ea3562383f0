// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentGateway} from "../../../contracts/interfaces/IPaymentGateway.sol";
import {PaymentGateway} from "../../../contracts/PaymentGateway.sol";
import {DemoToken} from "../../mocks/DemoToken.sol";
import {ReentrantReceiver} from "../../mocks/HostileReceivers.sol";
import {Cheats, Checks} from "./Cheats.sol";

/// @dev Numbers in names are those of the invariants in `contract-anchors` §8.3 that a property belongs to.
contract PaymentGatewayBatchFuzz is Checks {
    address private constant PAYER = address(0xBA7E);
    uint32 private constant EXPIRY = type(uint32).max;
    address private constant NATIVE = address(0);

    DemoToken private token;
    PaymentGateway private gateway;

    function setUp() public {
        token = new DemoToken("Demo", "DEMO");
        gateway = new PaymentGateway(address(this), address(0x7EA5), 250);
    }

    /// @dev The same payments to the same gateway, once in one call and once in single calls, under other salts.
    function testFuzz_13_batchIsTheSameAsOneByOne(uint256 seed) public {
        (IPaymentGateway.Payment[] memory batch, uint256 native) = payments(seed, 0);
        vm.recordLogs();
        vm.prank(PAYER);
        gateway.payBatch{value: native}(batch);
        uint256[6] memory after_ = balances();
        bytes32 logs = paidLogs();

        (IPaymentGateway.Payment[] memory singles,) = payments(seed, 1);
        for (uint256 i = 0; i < singles.length; ++i) paySingle(singles[i]);
        uint256[6] memory doubled = balances();
        for (uint256 i = 0; i < 6; ++i) equal("balance", doubled[i], 2 * after_[i]);
        check("logs", paidLogs() == logs);
        equal("payer's coins", PAYER.balance, 0);
        equal("payer's tokens", token.balanceOf(PAYER), 0);
    }

    function testFuzz_13_14_oneForgedIdStopsTheBatchAndChangesNothing(uint256 seed, uint160 flip) public {
        vm.assume(flip != 0);
        (IPaymentGateway.Payment[] memory batch, uint256 native) = payments(seed, 0);
        IPaymentGateway.Payment memory forged = batch[(seed >> 64) % batch.length];
        // Bound, if it was open: an open id cannot be forged.
        forged.sessionId = (forged.sessionId | bytes32(uint256(EXPIRY) << 224)) ^ bytes32(uint256(flip));
        bytes memory call = abi.encodeCall(IPaymentGateway.payBatch, (batch));
        refused(PAYER, address(gateway), call, native, IPaymentGateway.PaymentIdMismatch.selector);
        uint256[6] memory balances_ = balances();
        for (uint256 i = 0; i < 6; ++i) equal("balance", balances_[i], 0);
        for (uint256 i = 0; i < batch.length; ++i) {
            IPaymentGateway.Payment memory p = batch[i];
            check("unpaid", !gateway.isPaid(p.sessionId, p.merchant, p.token, p.amount));
        }
        equal("payer's coins", PAYER.balance, native);
    }

    function testFuzz_13_valueMustBeTheSum(uint256 seed, uint128 value) public {
        (IPaymentGateway.Payment[] memory batch, uint256 native) = payments(seed, 0);
        vm.assume(value != native);
        vm.deal(PAYER, value);
        vm.deal(address(gateway), type(uint128).max);
        bytes memory call = abi.encodeCall(IPaymentGateway.payBatch, (batch));
        refused(PAYER, address(gateway), call, value, IPaymentGateway.ValueMismatch.selector);
    }

    /// @dev A merchant who, when paid, pays an id of his own from within: the same one, or another.
    function testFuzz_15_reentrantMerchantCannotPayTwice(uint64 salt, uint64 inner, uint128 amount) public {
        uint256 price = bound(amount, 1, type(uint128).max);
        ReentrantReceiver merchant = new ReentrantReceiver();
        bytes32 id = gateway.paymentIdOf(address(merchant), NATIVE, price, EXPIRY, salt);
        bytes32 other = gateway.paymentIdOf(address(merchant), NATIVE, price, EXPIRY, inner);
        bytes memory call = abi.encodeCall(IPaymentGateway.payNativeFor, (other, address(merchant)));
        merchant.aim(address(gateway), call, price);
        vm.deal(address(merchant), price);
        vm.deal(PAYER, price);
        vm.prank(PAYER);
        gateway.payNativeFor{value: price}(id, address(merchant));
        (uint256 fee,) = gateway.quoteFee(price);
        uint256 times = salt == inner ? 1 : 2;
        check("the inner one succeeds for another id alone", merchant.succeeded() == (times == 2));
        equal("gateway", address(gateway).balance, fee * times);
        equal("merchant", address(merchant).balance, 2 * price - fee * times);
        check("paid", gateway.isPaid(id, address(merchant), NATIVE, price));
    }

    function payments(uint256 seed, uint64 round)
        private
        returns (IPaymentGateway.Payment[] memory list, uint256 native)
    {
        list = new IPaymentGateway.Payment[](bound(seed, 1, 6));
        uint256 tokens;
        for (uint256 i = 0; i < list.length; ++i) {
            uint256 part = uint256(keccak256(abi.encode(seed, i)));
            address asset = part % 2 == 0 ? NATIVE : address(token);
            uint256 amount = bound(part >> 8, 1, 100 ether);
            address merchant = merchantOf(part >> 200);
            uint64 salt = uint64(i) + (round << 32);
            bytes32 id = gateway.paymentIdOf(merchant, asset, amount, EXPIRY, salt);
            // Every fourth is open.
            if (part >> 254 == 0) id = bytes32(uint256(id) & type(uint224).max);
            list[i] = IPaymentGateway.Payment(id, merchant, asset, amount);
            if (asset == NATIVE) native += amount;
            else tokens += amount;
        }
        vm.deal(PAYER, native);
        token.mint(PAYER, tokens);
        vm.prank(PAYER);
        token.approve(address(gateway), tokens);
    }

    function paySingle(IPaymentGateway.Payment memory p) private {
        vm.prank(PAYER);
        if (p.token == NATIVE) gateway.payNativeFor{value: p.amount}(p.sessionId, p.merchant);
        else gateway.payFor(p.sessionId, p.merchant, p.token, p.amount);
    }

    /// @dev Hash over everything in the `Paid` logs but the ids.
    function paidLogs() private returns (bytes32 hash) {
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPaymentGateway.Paid.selector) continue;
            hash = keccak256(abi.encode(hash, logs[i].topics[2], logs[i].topics[3], logs[i].data));
        }
    }

    function balances() private view returns (uint256[6] memory) {
        (address a, address b) = (merchantOf(0), merchantOf(1));
        return [
            a.balance,
            b.balance,
            address(gateway).balance,
            token.balanceOf(a),
            token.balanceOf(b),
            token.balanceOf(address(gateway))
        ];
    }

    function merchantOf(uint256 seed) private pure returns (address) {
        return address(uint160(0x3E3C00 + seed % 2));
    }
}
