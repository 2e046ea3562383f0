// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPaymentGateway} from "../../contracts/interfaces/IPaymentGateway.sol";

/// @dev Asks a gateway many questions in one call.
contract GatewayProbe {
    struct Terms {
        address merchant;
        address token;
        uint256 amount;
        uint32 expiry;
        uint64 salt;
    }

    struct Answer {
        bytes32 paymentId;
        uint256 fee;
        uint256 net;
    }

    function ask(IPaymentGateway gateway, Terms[] calldata terms) external view returns (Answer[] memory answers) {
        answers = new Answer[](terms.length);
        for (uint256 i = 0; i < terms.length; ++i) {
            Terms calldata t = terms[i];
            answers[i].paymentId = gateway.paymentIdOf(t.merchant, t.token, t.amount, t.expiry, t.salt);
            (answers[i].fee, answers[i].net) = gateway.quoteFee(t.amount);
        }
    }
}
