// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp, RlpItem} from "../rlp/Rlp.sol";

/// Merkle-Patricia tries (Yellow Paper, appendix D): proves what stands under a key, and equally that nothing does. R7 needs both:
/// a promise is broken by other content and by a block that is too short alike.
library MerklePatricia {
    error TrieNodeUnknown(uint256 place, bytes32 expected, bytes32 got);
    error TrieProofTooShort(uint256 nodes);
    error TrieProofTooLong(uint256 used, uint256 got);
    error TrieNodeMalformed(uint256 place);

    /// keccak256(rlp("")): a trie without entries.
    bytes32 internal constant EMPTY_ROOT = 0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421;

    /// Where a walk stands.
    struct Walk {
        bytes nibbles;
        /// Nibbles of the key already followed.
        uint256 depth;
        /// Proof elements used up.
        uint256 used;
        bool ended;
        bytes value;
        bytes32 next;
    }

    /// Value under `key`, empty when there is none (a trie holds no empty values). Nodes of `proof` run from the root down, without
    /// those that are embedded in their parents; none may be left over.
    function lookup(bytes32 root, bytes memory key, bytes[] memory proof) internal pure returns (bytes memory value) {
        if (root == EMPTY_ROOT && proof.length == 0) return "";
        Walk memory walk;
        walk.nibbles = _nibbles(key);
        walk.next = root;
        while (!walk.ended) {
            uint256 place = walk.used;
            if (place == proof.length) revert TrieProofTooShort(place);
            bytes memory node = proof[place];
            bytes32 got = keccak256(node);
            if (got != walk.next) revert TrieNodeUnknown(place, walk.next, got);
            walk.used = place + 1;
            _follow(walk, node);
        }
        if (walk.used != proof.length) revert TrieProofTooLong(walk.used, proof.length);
        return walk.value;
    }

    /// Follows the key through one node and whatever is embedded in it, up to the next hash or the end.
    function _follow(Walk memory walk, bytes memory node) private pure {
        RlpItem[] memory items = Rlp.list(node);
        // Each turn but the first steps into an embedded node, which is shorter than its parent: at most a few.
        while (true) {
            RlpItem child;
            if (items.length == 17) {
                if (walk.depth == walk.nibbles.length) {
                    walk.value = Rlp.toBytes(node, items[16]);
                    walk.ended = true;
                    return;
                }
                child = items[uint8(walk.nibbles[walk.depth])];
                walk.depth += 1;
            } else if (items.length == 2) {
                if (_shortNode(walk, node, items)) return;
                child = items[1];
            } else {
                revert TrieNodeMalformed(walk.used - 1);
            }
            if (child.isList()) {
                items = Rlp.sublist(node, child);
                continue;
            }
            if (child.payloadLength() == 0) walk.ended = true;
            else walk.next = Rlp.toBytes32(node, child);
            return;
        }
    }

    /// Leaf or extension: true when the walk ends here.
    function _shortNode(Walk memory walk, bytes memory node, RlpItem[] memory items) private pure returns (bool) {
        bytes memory path = _nibbles(Rlp.toBytes(node, items[0]));
        if (path.length == 0) revert TrieNodeMalformed(walk.used - 1);
        uint256 flag = uint8(path[0]);
        // Flag bits: 2 leaf, 1 odd length; an even path has a zero nibble of padding.
        if (flag > 3 || (flag & 1 == 0 && path[1] != 0)) revert TrieNodeMalformed(walk.used - 1);
        uint256 skip = 2 - (flag & 1);
        uint256 length = path.length - skip;
        bool isLeaf = flag & 2 == 2;
        if (!isLeaf && length == 0) revert TrieNodeMalformed(walk.used - 1);
        uint256 left = walk.nibbles.length - walk.depth;
        bool same = isLeaf ? length == left : length <= left;
        for (uint256 i; same && i < length; ++i) {
            same = walk.nibbles[walk.depth + i] == path[skip + i];
        }
        if (same && !isLeaf) {
            walk.depth += length;
            return false;
        }
        // A leaf with this key, or a path that leads elsewhere: then nothing stands under the key.
        if (same) walk.value = Rlp.toBytes(node, items[1]);
        walk.ended = true;
        return true;
    }

    function _nibbles(bytes memory data) private pure returns (bytes memory nibbles) {
        nibbles = new bytes(data.length * 2);
        for (uint256 i; i < data.length; ++i) {
            nibbles[2 * i] = data[i] >> 4;
            nibbles[2 * i + 1] = data[i] & 0x0f;
        }
    }
}
