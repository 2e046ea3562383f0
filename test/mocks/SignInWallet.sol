// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev A wallet that is a contract: what its key signs, it has signed (ERC-1271). Told to, it answers in bad faith.
contract SignInWallet {
    enum Mood {
        Honest,
        Boastful,
        Reverting,
        Endless
    }

    address public immutable key;
    Mood public immutable mood;

    constructor(address key_, Mood mood_) {
        key = key_;
        mood = mood_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (mood == Mood.Reverting) revert("no");
        // What it says is true, but it is not the magic value.
        if (mood == Mood.Boastful) return 0x00000001;
        while (mood == Mood.Endless) hash = keccak256(abi.encode(hash));
        if (signature.length != 65) return 0xffffffff;
        bytes32 r = bytes32(signature[0:32]);
        bytes32 s = bytes32(signature[32:64]);
        return ecrecover(hash, uint8(signature[64]), r, s) == key ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
