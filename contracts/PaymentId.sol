// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title What a payment id says: `expiry (4 B) | salt (8 B) | first 20 B of a hash over the terms`
library PaymentId {
    /// @dev The id that fixes these terms on this chain, for the contract that calls.
    function bound(
        uint16 feeBps,
        address merchant,
        address token,
        uint256 amount,
        uint32 expiry,
        uint64 salt
    ) internal view returns (bytes32) {
        bytes32 hash =
            keccak256(abi.encode(block.chainid, address(this), merchant, token, amount, feeBps, expiry, salt));
        return bytes32((uint256(expiry) << 224) | (uint256(salt) << 160) | (uint256(hash) >> 96));
    }

    /// @dev Last second at which a bound id is payable; 0 says that the id is open.
    function expiryOf(bytes32 id) internal pure returns (uint32) {
        return uint32(uint256(id) >> 224);
    }

    /// @dev Tells apart ids of the same terms.
    function saltOf(bytes32 id) internal pure returns (uint64) {
        return uint64(uint256(id) >> 160);
    }
}
