// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev Takes no coins.
contract RejectingReceiver {}

/// @dev Burns all gas that it is given.
contract GasBurner {
    receive() external payable {
        assembly {
            invalid()
        }
    }
}

/// @dev Takes the coins and returns 200 kB.
contract ReturnBomb {
    receive() external payable {
        assembly {
            return(0, 200000)
        }
    }
}

/// @dev Makes a call of the test's choice each time that it is paid or called, and keeps what came of it.
contract ReentrantReceiver {
    address public target;
    bytes public data;
    uint256 public value;
    bool public succeeded;
    bytes public result;

    function aim(address target_, bytes calldata data_, uint256 value_) external {
        (target, data, value) = (target_, data_, value_);
    }

    /// @dev For tokens that tell the receiver.
    function onTokens() external {
        _strike();
    }

    receive() external payable {
        _strike();
    }

    function _strike() private {
        address to = target;
        if (to == address(0)) return;
        // Once only: the call it makes may pay it again.
        target = address(0);
        (succeeded, result) = to.call{value: value}(data);
    }
}
