// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Builds the protocol's trees level by level (R18), for tests.
library SlashingTree {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        while (leaves.length > 1) leaves = _above(leaves);
        return leaves[0];
    }

    function branch(bytes32[] memory leaves, uint256 place) internal pure returns (bytes32[] memory siblings) {
        siblings = new bytes32[](32);
        uint256 depth;
        while (leaves.length > 1) {
            siblings[depth++] = (place ^ 1) < leaves.length ? leaves[place ^ 1] : bytes32(0);
            leaves = _above(leaves);
            place >>= 1;
        }
        assembly {
            mstore(siblings, depth)
        }
    }

    function _above(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < above.length; ++i) {
            bytes32 right = 2 * i + 1 < level.length ? level[2 * i + 1] : bytes32(0);
            above[i] = keccak256(abi.encodePacked(uint8(1), level[2 * i], right));
        }
    }
}
