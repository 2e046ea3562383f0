// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ISettlementReceiver} from "../../../contracts/interfaces/ISettlementReceiver.sol";
import {SettlementReceiver} from "../../../contracts/SettlementReceiver.sol";
import {Cheats} from "./Cheats.sol";
import {CircleUsdc} from "./CircleUsdc.sol";

/// @dev What an indexer that sees nothing but the logs of USDC and of the receiver would know.
abstract contract ReceiverLedger is CircleUsdc {
    SettlementReceiver public immutable receiver;
    address private self;
    address private coin;
    uint256 private forcedCoins;
    address internal constant OPERATOR = address(0x0BE4);
    uint96 internal constant LIMIT = 500e6;

    bytes32 private constant USED = keccak256("AuthorizationUsed(address,bytes32)");

    /// @dev The treasury as the handler knows it.
    address internal treasury = address(0x7EA5);

    // Kept, for the runner takes long to derive an address from a key.
    address[3] private payers = [vm.addr(keyOf(0)), vm.addr(keyOf(1)), vm.addr(keyOf(2))];

    uint256 private received;
    uint256 private refunded;
    uint256 private swept;
    mapping(address payer => uint256) private paidBy;
    mapping(address payer => uint256) private refundedTo;
    mapping(address payer => uint256) internal given;
    mapping(address payer => mapping(bytes32 nonce => uint256)) internal paidWith;
    mapping(address payer => mapping(bytes32 nonce => uint256)) private refundedOf;
    mapping(address holder => uint256) private sweptTo;

    struct Outgoing {
        uint256 time;
        uint256 amount;
    }

    Outgoing[] private refunds;

    constructor() {
        vm.warp(1_700_000_000);
        vm.deal(address(this), 1);
        receiver = new SettlementReceiver{value: 1}(address(this), treasury, OPERATOR, LIMIT);
        self = address(receiver);
        // The first contract that the receiver made.
        coin = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", self, hex"01")))));
    }

    /// @dev Runs the action and books every log that was written meanwhile.
    modifier booked() {
        vm.recordLogs();
        _;
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (logs[i].emitter == address(usdc) && topic == IERC20.Transfer.selector) bookTransfer(logs, i);
            if (logs[i].emitter != self) continue;
            if (topic == ISettlementReceiver.Settled.selector) bookSettled(logs, i);
            if (topic == ISettlementReceiver.Skipped.selector) ++skipped;
        }
    }

    /// @dev How many entries of batches were skipped.
    uint256 internal skipped;

    /// @dev Every movement of the receiver's money. What goes out must be told right before.
    function bookTransfer(Cheats.Log[] memory logs, uint256 i) private {
        (address from, address to) = (addressIn(logs[i].topics[1]), addressIn(logs[i].topics[2]));
        uint256 amount = abi.decode(logs[i].data, (uint256));
        if (to == self) {
            received += amount;
            paidBy[from] += amount;
            if (i > 0 && logs[i - 1].topics[0] == USED) bookAuthorized(from, logs[i - 1].topics, amount);
        }
        if (from != self) return;
        Cheats.Log memory cause = logs[i - 1];
        check("10: the receiver told why", cause.emitter == self && addressIn(cause.topics[1]) == to);
        equal("9: told amount", abi.decode(cause.data, (uint256)), amount);
        if (cause.topics[0] == ISettlementReceiver.Refunded.selector) return bookRefund(to, cause.topics[2], amount);
        check("10: a refund or a sweep", cause.topics[0] == ISettlementReceiver.Swept.selector);
        check("6: sweep goes to the treasury", to == treasury);
        check("6: sweep leaves the reserve and one", usdc.balanceOf(self) == uint256(receiver.refundLimit()) + 1);
        swept += amount;
        sweptTo[to] += amount;
    }

    function bookAuthorized(address payer, bytes32[] memory used, uint256 amount) private {
        check("9: the authorizer pays", addressIn(used[1]) == payer);
        equal("3: once per nonce", paidWith[payer][used[2]], 0);
        paidWith[payer][used[2]] = amount;
    }

    /// @dev Booked after the transfer that it tells of, which must be right before.
    function bookSettled(Cheats.Log[] memory logs, uint256 i) private view {
        Cheats.Log memory moved = logs[i - 1];
        check("3: a transfer before", moved.emitter == address(usdc) && moved.topics[0] == IERC20.Transfer.selector);
        check("3: to the receiver", addressIn(moved.topics[2]) == self);
        check("3: of the payer", moved.topics[1] == logs[i].topics[1]);
        uint256 amount = abi.decode(logs[i].data, (uint256));
        equal("3: of the amount", abi.decode(moved.data, (uint256)), amount);
        equal("3: with the nonce", paidWith[addressIn(logs[i].topics[1])][logs[i].topics[2]], amount);
    }

    function bookRefund(address payer, bytes32 nonce, uint256 amount) private {
        equal("4: once per nonce", refundedOf[payer][nonce], 0);
        check("2: no more than was paid", amount <= paidWith[payer][nonce]);
        refundedOf[payer][nonce] = amount;
        refundedTo[payer] += amount;
        refunded += amount;
        refunds.push(Outgoing(block.timestamp, amount));
        check("5: limit of 24 hours", refundedInADay() <= receiver.refundLimit());
    }

    function refundedInADay() internal view returns (uint256 sum) {
        for (uint256 i = refunds.length; i > 0 && refunds[i - 1].time + 1 days > block.timestamp; --i) {
            sum += refunds[i - 1].amount;
        }
    }

    /// @dev Lives here and not beside the campaign: a hundred thousand checks cannot afford calls between contracts.
    function moneyIsWhereTheLogsSay() external view {
        equal("1: receiver", usdc.balanceOf(self), received - refunded - swept);
        equal("6: treasury", usdc.balanceOf(treasury), sweptTo[treasury]);
        check("2: refunds are of what came in", refunded <= received);
        equal("coins", self.balance + coin.balance, 1 + forcedCoins);
    }

    /// @dev What went wrong with a payer's balance stays wrong, so that it is enough to look at the end.
    function payersHaveWhatTheLogsSay() external view {
        uint256 paid;
        for (uint256 i = 0; i < 3; ++i) {
            address payer = payers[i];
            equal("9: payer", usdc.balanceOf(payer), given[payer] + refundedTo[payer] - paidBy[payer]);
            check("2: refunds of a payer", refundedTo[payer] <= paidBy[payer]);
            paid += paidBy[payer];
        }
        equal("9: nobody else paid", received, paid);
    }

    function force(uint256 coins) internal {
        vm.deal(self, self.balance + coins);
        forcedCoins += coins;
    }

    function payerOf(uint256 seed) internal view returns (address) {
        return payers[seed % 3];
    }

    function keyOf(uint256 seed) internal pure returns (uint256) {
        return 0xA11CE + seed % 3;
    }

    function addressIn(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
