// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev Takes its owner's signature, and whose that is may change. What an EIP-7702 account delegates to, too: without
/// an owner the account's own key signs.
contract OwnedWallet is IERC1271 {
    address public owner;

    constructor(address owner_) {
        owner = owner_;
    }

    function setOwner(address owner_) external {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        address signer = owner == address(0) ? address(this) : owner;
        return ECDSA.recover(hash, signature) == signer ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev Deploys an `OwnedWallet` at an address known before, as ERC-6492 wallets have.
contract WalletFactory {
    function deploy(address owner) external returns (address) {
        return address(new OwnedWallet{salt: 0}(owner));
    }

    function addressOf(address owner) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(OwnedWallet).creationCode, abi.encode(owner)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)))));
    }
}

/// @dev Holds no opinion on signatures: an EIP-7702 account that delegates to it cannot sign.
contract MuteWallet {}

/// @dev Burns about as much gas as the signature's length says, in thousands, and takes any.
contract SlowWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        uint256 end = gasleft() - signature.length * 1_000;
        while (gasleft() > end) {}
        return this.isValidSignature.selector;
    }
}

/// @dev Burns all gas that it is given.
contract BurningWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            invalid()
        }
    }
}

/// @dev Refuses with 10 kB of reasons.
contract LoudWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            revert(0, 10000)
        }
    }
}

/// @dev Takes a signature only if it can call the receiver with it, and so get in between.
contract ReentrantWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        (address target, bytes memory call_) = abi.decode(signature, (address, bytes));
        (bool succeeded,) = target.staticcall(call_);
        return succeeded ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev A stranger's way to settle: straight at USDC, many at once, all or nothing.
contract Multicall {
    function all(address target, bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool succeeded,) = target.call(calls[i]);
            require(succeeded);
        }
    }
}

/// @dev Makes any call for anybody, who is then not its sender.
contract Relay {
    function forward(address target, bytes calldata call_) external {
        (bool succeeded, bytes memory reason) = target.call(call_);
        if (succeeded) return;
        assembly {
            revert(add(reason, 32), mload(reason))
        }
    }
}
