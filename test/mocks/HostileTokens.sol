// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20, ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @dev What all tokens here share. Anyone may mint.
abstract contract MockToken is ERC20Permit {
    constructor() ERC20("Mock", "MOCK") ERC20Permit("Mock") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Returns nothing, as USDT does.
contract NoReturnToken is MockToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        assembly {
            return(0, 0)
        }
    }
}

/// @dev Moves nothing and says so.
contract FalseToken is MockToken {
    function transfer(address, uint256) public pure override returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @dev Moves nothing and says that it did.
contract LyingToken is MockToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @dev Burns 1 % of what moves.
contract FeeOnTransferToken is MockToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _burn(from, amount / 100);
        return super.transferFrom(from, to, amount - amount / 100);
    }
}

/// @dev Gives the receiver one unit on top.
contract BonusToken is MockToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _mint(to, 1);
        return super.transferFrom(from, to, amount);
    }
}

/// @dev Takes all from the receiver with each transfer.
contract ShrinkingToken is MockToken {
    function transferFrom(address, address to, uint256) public override returns (bool) {
        _burn(to, balanceOf(to));
        return true;
    }
}

/// @dev Refuses to move zero.
contract RevertOnZeroToken is MockToken {
    error Zero();

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (amount == 0) revert Zero();
        return super.transferFrom(from, to, amount);
    }
}

/// @dev Refuses amounts of more than 96 bits.
contract Limited96Token is MockToken {
    error TooMuch();

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (amount > type(uint96).max) revert TooMuch();
        return super.transferFrom(from, to, amount);
    }
}

/// @dev Tells sender and receiver, before and after it moves, as ERC-777 does.
contract HookToken is MockToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _tell(from);
        super.transferFrom(from, to, amount);
        _tell(to);
        return true;
    }

    function _tell(address holder) private {
        (bool heard,) = holder.call(abi.encodeWithSignature("onTokens()"));
        // Most holders do not listen.
        heard;
    }
}

/// @dev Its permit calls back into the gateway, keeps what came of it, and returns 200 kB.
contract HostilePermitToken is MockToken {
    bytes public data;
    bool public succeeded;
    bytes public result;

    function aim(bytes calldata data_) external {
        data = data_;
    }

    function permit(address, address spender, uint256, uint256, uint8, bytes32, bytes32) public override {
        (succeeded, result) = spender.call(data);
        assembly {
            return(0, 200000)
        }
    }
}

/// @dev No permit of its own, but a fallback that accepts any call, as WAVAX has.
contract PhantomPermitToken is ERC20 {
    constructor() ERC20("Phantom", "PHANTOM") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    fallback() external {}
}
