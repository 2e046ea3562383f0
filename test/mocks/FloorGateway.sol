// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IPaymentGateway} from "../../contracts/interfaces/IPaymentGateway.sol";

/// @dev The least that a gateway can do, forward and tell, with no check and no fee: the floor of the gas table.
contract FloorGateway {
    function payNativeFor(bytes32 sessionId, address merchant) external payable {
        emit IPaymentGateway.Paid(sessionId, msg.sender, merchant, address(0), msg.value, 0, msg.value);
        (bool sent,) = merchant.call{value: msg.value}("");
        require(sent);
    }

    function payFor(bytes32 sessionId, address merchant, address token, uint256 amount) public {
        emit IPaymentGateway.Paid(sessionId, msg.sender, merchant, token, amount, 0, amount);
        require(IERC20(token).transferFrom(msg.sender, merchant, amount));
    }

    function payForWithPermit(
        bytes32 sessionId,
        address merchant,
        address token,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s);
        payFor(sessionId, merchant, token, amount);
    }
}
