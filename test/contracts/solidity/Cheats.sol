// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The test runner's cheat codes that we use.
interface Cheats {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function addr(uint256 key) external pure returns (address);
    function assume(bool condition) external pure;
    function chainId(uint256 id) external;
    function deal(address account, uint256 balance) external;
    function etch(address account, bytes calldata code) external;
    function getRecordedLogs() external returns (Log[] memory);
    function load(address account, bytes32 slot) external view returns (bytes32);
    function parseBytes(string calldata text) external pure returns (bytes memory);
    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function recordLogs() external;
    function replace(string calldata input, string calldata from, string calldata to)
        external
        pure
        returns (string memory);
    function revertToState(uint256 id) external returns (bool);
    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function snapshotState() external returns (uint256 id);
    function store(address account, bytes32 slot, bytes32 value) external;
    function warp(uint256 timestamp) external;
}

/// @dev Cheat codes and checks that say what they compared.
abstract contract Checks {
    Cheats internal constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(string what, uint256 actual, uint256 expected);
    error Untrue(string what);
    error NotRefused(string what, bytes4 actual, bytes4 expected);

    function equal(string memory what, uint256 actual, uint256 expected) internal pure {
        if (actual != expected) revert NotEqual(what, actual, expected);
    }

    function check(string memory what, bool condition) internal pure {
        if (!condition) revert Untrue(what);
    }

    /// @dev The call, from `sender`, must revert with the custom error `expected`.
    function refused(address sender, address target, bytes memory data, uint256 value, bytes4 expected) internal {
        vm.prank(sender);
        (bool accepted, bytes memory reason) = target.call{value: value}(data);
        if (accepted || bytes4(reason) != expected) revert NotRefused("call", bytes4(reason), expected);
    }

    function bound(uint256 seed, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + seed % (most - least + 1);
    }
}
