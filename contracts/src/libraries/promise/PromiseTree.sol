// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What a leaf of a frag promises about one transaction (`specs/messages.md`).
struct Leaf {
    /// Place in the block, deposits counted.
    uint256 index;
    bytes32 txHash;
    /// The only account a refund can go to (R9).
    address sender;
    bytes32 receiptHash;
    bytes32 writesHash;
    /// Wei owed, doubled, if the promise is not kept.
    uint128 coverage;
}

/// The one tree of the protocol, over a frag's leaves and over a batch's blocks (R18).
///
/// Depth is ceil(log2(count)) and a branch has exactly that length, so a proof has one position only; a missing right node is 32 zero
/// bytes. Leaves and inner nodes are told apart by their first byte, so no inner node passes for a leaf.
library PromiseTree {
    error PlaceOutsideTree(uint256 place, uint256 count);
    error BranchLength(uint256 expected, uint256 got);

    function hash(Leaf memory leaf) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), abi.encode(leaf)));
    }

    /// Leaf of `blocksRoot`, at place `blockNumber - firstBlock`.
    function blockLeaf(uint64 blockNumber, bytes32 blockHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), abi.encode(blockNumber, blockHash)));
    }

    /// Root that `node` at `place` of a tree with `count` leaves leads to. Reverts when place or branch do not fit the tree.
    function root(bytes32 node, uint256 place, uint256 count, bytes32[] memory branch) internal pure returns (bytes32) {
        if (place >= count) revert PlaceOutsideTree(place, count);
        uint256 levels = depth(count);
        if (branch.length != levels) revert BranchLength(levels, branch.length);
        for (uint256 level; level < levels; ++level) {
            bytes32 sibling = branch[level];
            node = (place >> level) & 1 == 0 ? _inner(node, sibling) : _inner(sibling, node);
        }
        return node;
    }

    /// ceil(log2(count)); 0 for one leaf.
    function depth(uint256 count) internal pure returns (uint256 levels) {
        while (levels < 255 && (uint256(1) << levels) < count) ++levels;
    }

    function _inner(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(1), left, right));
    }
}
