// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibBit} from "solady/utils/LibBit.sol";

/// SSZ Merkle trees by the SHA-256 precompile. Positions are generalized indices: 1 is the root, 2i and 2i + 1 are the children of i
/// (consensus-specs, ssz/merkle-proofs.md).
library Ssz {
    /// A branch of another length proves another place in the tree, so it is refused before anything is hashed.
    error BranchLength(uint256 expected, uint256 got);
    error ChunkCount(uint256 expected, uint256 got);
    error Sha256Failed();

    /// Root of the tree that holds `leaf` at `gindex`. `branch` are the siblings from the leaf up, exactly floor(log2(gindex)).
    // The xor is one: it picks the other half of the scratch space.
    // slither-disable-next-line incorrect-exp
    function rootOf(bytes32 leaf, bytes32[] memory branch, uint256 gindex) internal view returns (bytes32 root) {
        uint256 depth = LibBit.fls(gindex);
        if (branch.length != depth) revert BranchLength(depth, branch.length);
        bool ok = true;
        assembly ("memory-safe") {
            root := leaf
            let sibling := add(branch, 32)
            for { let place := gindex } gt(place, 1) { place := shr(1, place) } {
                // The node goes to the right half of the scratch space when its index is odd.
                let half := shl(5, and(place, 1))
                mstore(half, root)
                mstore(xor(half, 32), mload(sibling))
                ok := and(staticcall(gas(), 2, 0, 64, 0, 32), ok)
                root := mload(0)
                sibling := add(sibling, 32)
            }
        }
        if (!ok) revert Sha256Failed();
    }

    /// Root of a full tree over `count` chunks, a power of two. Works on a copy.
    function rootOfChunks(bytes32[] memory chunks, uint256 count) internal view returns (bytes32 root) {
        if (chunks.length != count) revert ChunkCount(count, chunks.length);
        bool ok = true;
        assembly ("memory-safe") {
            let level := mload(0x40)
            mcopy(level, add(chunks, 32), shl(5, count))
            for { let width := shr(1, count) } width { width := shr(1, width) } {
                for { let i := 0 } lt(i, width) { i := add(i, 1) } {
                    ok := and(staticcall(gas(), 2, add(level, shl(6, i)), 64, add(level, shl(5, i)), 32), ok)
                }
            }
            root := mload(level)
        }
        if (!ok) revert Sha256Failed();
    }

    /// SHA-256 of two nodes.
    function pair(bytes32 left, bytes32 right) internal view returns (bytes32 node) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0, left)
            mstore(32, right)
            ok := staticcall(gas(), 2, 0, 64, 0, 32)
            node := mload(0)
        }
        if (!ok) revert Sha256Failed();
    }

    /// The leaf of a uint64: little endian, zeros behind.
    function leafOf(uint64 value) internal pure returns (bytes32) {
        return bytes32(LibBit.reverseBytes(value));
    }

    /// The leaf of a uint256: little endian.
    function leafOf256(uint256 value) internal pure returns (bytes32) {
        return bytes32(LibBit.reverseBytes(value));
    }
}
