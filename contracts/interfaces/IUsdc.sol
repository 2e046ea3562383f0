// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The part of Circle's FiatTokenV2_2 that the receiver calls
interface IUsdc is IERC20 {
    /// @notice Moves `value` from `from` to `to` with `from`'s signature, which may be that of a contract (ERC-1271).
    ///
    /// @dev Reverts with a reason of its own when the authorization is used, cancelled, early, late, forged or not
    /// covered, or when either side is blacklisted. Asks a contract for its signature without letting it change state.
    ///
    /// @param from Account that pays
    /// @param to Account that is paid
    /// @param value Atomic units
    /// @param validAfter Last second at which it is not good yet
    /// @param validBefore First second at which it is no longer good
    /// @param nonce Number that `from` uses once
    /// @param signature `from`'s signature over all of these
    function transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;

    /// @notice True once the nonce was used, by a payment to anybody or by a cancellation.
    function authorizationState(address authorizer, bytes32 nonce) external view returns (bool);
}
