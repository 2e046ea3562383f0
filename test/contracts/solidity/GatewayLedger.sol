// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentGateway} from "../../../contracts/interfaces/IPaymentGateway.sol";
import {PaymentGateway} from "../../../contracts/PaymentGateway.sol";
import {DemoToken} from "../../mocks/DemoToken.sol";
import {Cheats, Checks} from "./Cheats.sol";

/// @dev What an indexer that sees nothing but the gateway's logs would know, beside what the handler put in itself.
abstract contract GatewayLedger is Checks {
    PaymentGateway public immutable gateway;
    DemoToken public immutable token;
    address private constant TREASURY = address(0x7EA5);

    // Kept, for the runner takes long to derive an address from a key.
    address[3] private payers = [vm.addr(keyOf(0)), vm.addr(keyOf(1)), vm.addr(keyOf(2))];

    mapping(address asset => uint256) private gross;
    mapping(address asset => uint256) private fees;
    mapping(address asset => uint256) private swept;
    mapping(address asset => uint256) internal stray;
    mapping(address asset => mapping(address merchant => uint256)) private net;
    mapping(address asset => mapping(address payer => uint256)) private given;
    mapping(address asset => mapping(address payer => uint256)) private spent;
    uint256 public paidLogs;

    constructor() {
        vm.warp(1_700_000_000);
        token = new DemoToken("Demo", "DEMO");
        gateway = new PaymentGateway(address(this), TREASURY, 100);
    }

    /// @dev Runs the action and books every log that the gateway wrote meanwhile.
    modifier booked() {
        vm.recordLogs();
        _;
        Cheats.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(gateway)) continue;
            if (logs[i].topics[0] == IPaymentGateway.Paid.selector) bookPaid(logs[i]);
            if (logs[i].topics[0] == IPaymentGateway.Swept.selector) bookSwept(logs[i]);
        }
    }

    function bookPaid(Cheats.Log memory log) private {
        address payer = address(uint160(uint256(log.topics[2])));
        address merchant = address(uint160(uint256(log.topics[3])));
        (address asset, uint256 amountGross, uint256 fee, uint256 amountNet) =
            abi.decode(log.data, (address, uint256, uint256, uint256));
        equal("4: fee is the floor", fee, amountGross * gateway.feeBps() / 10_000);
        check("4: fee is at most 10 %", fee <= amountGross / 10);
        equal("5: gross", amountGross, amountNet + fee);
        gross[asset] += amountGross;
        fees[asset] += fee;
        net[asset][merchant] += amountNet;
        spent[asset][payer] += amountGross;
        ++paidLogs;
    }

    function bookSwept(Cheats.Log memory log) private {
        address asset = address(uint160(uint256(log.topics[1])));
        check("11: sweep pays the fee recipient", log.topics[2] == bytes32(uint256(uint160(TREASURY))));
        swept[asset] += abi.decode(log.data, (uint256));
        equal("11: sweep leaves one", holding(asset, address(gateway)), 1);
    }

    /// @dev Lives here and not beside the campaign: a hundred thousand checks cannot afford calls between contracts.
    function moneyIsWhereTheLogsSay() external view {
        moneyIsWhereTheLogsSay(address(0));
        moneyIsWhereTheLogsSay(address(token));
    }

    function moneyIsWhereTheLogsSay(address asset) private view {
        equal("1, 2: gateway", holding(asset, address(gateway)), fees[asset] + stray[asset] - swept[asset]);
        equal("11: treasury", holding(asset, TREASURY), swept[asset]);
        (uint256 nets, uint256 gives) = (0, 0);
        for (uint256 i = 0; i < 3; ++i) {
            (address merchant, address payer) = (merchantOf(i), payerOf(i));
            equal("3: merchant", holding(asset, merchant), net[asset][merchant]);
            equal("3, 14: payer", holding(asset, payer), given[asset][payer] - spent[asset][payer]);
            nets += net[asset][merchant];
            gives += spent[asset][payer];
        }
        equal("5: gross is net and fee", gross[asset], nets + fees[asset]);
        equal("5: nobody else paid", gross[asset], gives);
    }

    function payerOf(uint256 seed) internal view returns (address) {
        return payers[seed % 3];
    }

    function merchantOf(uint256 seed) internal pure returns (address) {
        return address(uint160(0x3E3C00 + seed % 3));
    }

    function keyOf(uint256 seed) internal pure returns (uint256) {
        return 0xA11CE + seed % 3;
    }

    function holding(address asset, address account) internal view returns (uint256) {
        return asset == address(0) ? account.balance : token.balanceOf(account);
    }

    function give(address asset, address payer, uint256 amount) internal {
        given[asset][payer] += amount;
        if (asset == address(0)) vm.deal(payer, payer.balance + amount);
        else token.mint(payer, amount);
    }
}
