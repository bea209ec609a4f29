// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// Raw EIP-2718 transactions with given fees; everything else is filler.
library SlashingTransactions {
    function legacy(uint256 nonce, uint256 price) internal pure returns (bytes memory) {
        bytes[] memory f = _filler(9);
        f[0] = RLP.encode(nonce);
        f[1] = RLP.encode(price);
        return RLP.encode(f);
    }

    function accessList(uint256 nonce, uint256 price) internal pure returns (bytes memory) {
        bytes[] memory f = _filler(11);
        f[1] = RLP.encode(nonce);
        f[2] = RLP.encode(price);
        f[7] = hex"c0";
        return abi.encodePacked(uint8(1), RLP.encode(f));
    }

    function dynamicFee(uint256 nonce, uint256 most, uint256 priority) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(2), _fees(12, nonce, most, priority));
    }

    function setCode(uint256 nonce, uint256 most, uint256 priority) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(4), _fees(13, nonce, most, priority));
    }

    function _fees(uint256 count, uint256 nonce, uint256 most, uint256 priority) private pure returns (bytes memory) {
        bytes[] memory f = _filler(count);
        f[1] = RLP.encode(nonce);
        f[2] = RLP.encode(priority);
        f[3] = RLP.encode(most);
        f[8] = hex"c0";
        return RLP.encode(f);
    }

    function _filler(uint256 count) private pure returns (bytes[] memory f) {
        f = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            f[i] = RLP.encode(keccak256(abi.encode(i)));
        }
    }
}
