// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";

/// Builds Merkle-Patricia tries and their proofs the plain way, with another RLP library than the one under test.
library SlashingTrie {
    struct Entry {
        bytes nibbles;
        bytes value;
    }

    /// Root of a trie that holds `values[i]` under rlp(i).
    function root(bytes[] memory values) internal pure returns (bytes32) {
        return root(_entries(values));
    }

    /// Root of a trie of any entries; their keys are of one length and differ.
    function root(Entry[] memory entries) internal pure returns (bytes32) {
        return entries.length == 0 ? keccak256(hex"80") : keccak256(_node(entries, 0));
    }

    /// Nodes from the root down to `index`, or to where its path ends; embedded nodes left out.
    function proof(bytes[] memory values, uint256 index) internal pure returns (bytes[] memory nodes) {
        return proof(_entries(values), nibblesOf(RLP.encode(index)));
    }

    /// As above, for the key with these nibbles.
    function proof(Entry[] memory left, bytes memory key) internal pure returns (bytes[] memory nodes) {
        nodes = new bytes[](64);
        uint256 used;
        uint256 depth;
        while (left.length != 0) {
            bytes memory node = _node(left, depth);
            if (node.length >= 32 || used == 0) nodes[used++] = node;
            if (left.length == 1) break;
            uint256 shared = _shared(left, depth);
            bool onPath = true;
            for (uint256 i; i < shared; ++i) {
                onPath = onPath && depth + i < key.length && key[depth + i] == left[0].nibbles[depth + i];
            }
            if (!onPath) break;
            if (shared != 0) {
                depth += shared;
                bytes memory branch = _node(left, depth);
                if (branch.length >= 32) nodes[used++] = branch;
            }
            if (depth >= key.length) break;
            left = _under(left, depth, key[depth]);
            ++depth;
        }
        assembly {
            mstore(nodes, used)
        }
    }

    function nibblesOf(bytes memory data) internal pure returns (bytes memory nibbles) {
        nibbles = new bytes(2 * data.length);
        for (uint256 i; i < data.length; ++i) {
            nibbles[2 * i] = data[i] >> 4;
            nibbles[2 * i + 1] = data[i] & 0x0f;
        }
    }

    function _entries(bytes[] memory values) private pure returns (Entry[] memory entries) {
        entries = new Entry[](values.length);
        for (uint256 i; i < values.length; ++i) {
            entries[i] = Entry(nibblesOf(RLP.encode(i)), values[i]);
        }
    }

    function _node(Entry[] memory entries, uint256 depth) private pure returns (bytes memory) {
        if (entries.length == 1) {
            bytes[] memory leaf = new bytes[](2);
            leaf[0] = RLP.encode(_path(entries[0].nibbles, depth, entries[0].nibbles.length, 2));
            leaf[1] = RLP.encode(entries[0].value);
            return RLP.encode(leaf);
        }
        uint256 shared = _shared(entries, depth);
        if (shared != 0) {
            bytes[] memory extension = new bytes[](2);
            extension[0] = RLP.encode(_path(entries[0].nibbles, depth, depth + shared, 0));
            extension[1] = _reference(_node(entries, depth + shared));
            return RLP.encode(extension);
        }
        bytes[] memory branch = new bytes[](17);
        for (uint256 nibble; nibble < 16; ++nibble) {
            Entry[] memory under = _under(entries, depth, bytes1(uint8(nibble)));
            branch[nibble] = under.length == 0 ? bytes(hex"80") : _reference(_node(under, depth + 1));
        }
        branch[16] = hex"80";
        return RLP.encode(branch);
    }

    function _reference(bytes memory node) private pure returns (bytes memory) {
        return node.length < 32 ? node : RLP.encode(abi.encodePacked(keccak256(node)));
    }

    function _path(bytes memory nibbles, uint256 from, uint256 to, uint8 flag)
        private
        pure
        returns (bytes memory path)
    {
        bool odd = (to - from) % 2 == 1;
        bytes memory all = odd
            ? abi.encodePacked(flag + 1, _cut(nibbles, from, to))
            : abi.encodePacked(flag, uint8(0), _cut(nibbles, from, to));
        path = new bytes(all.length / 2);
        for (uint256 i; i < path.length; ++i) {
            path[i] = bytes1(uint8(all[2 * i]) << 4 | uint8(all[2 * i + 1]));
        }
    }

    function _cut(bytes memory nibbles, uint256 from, uint256 to) private pure returns (bytes memory cut) {
        cut = new bytes(to - from);
        for (uint256 i; i < cut.length; ++i) {
            cut[i] = nibbles[from + i];
        }
    }

    function _shared(Entry[] memory entries, uint256 depth) private pure returns (uint256 shared) {
        while (depth + shared < entries[0].nibbles.length) {
            for (uint256 i = 1; i < entries.length; ++i) {
                if (depth + shared >= entries[i].nibbles.length) return shared;
                if (entries[i].nibbles[depth + shared] != entries[0].nibbles[depth + shared]) return shared;
            }
            ++shared;
        }
    }

    function _under(Entry[] memory entries, uint256 depth, bytes1 nibble) private pure returns (Entry[] memory under) {
        under = new Entry[](entries.length);
        uint256 count;
        for (uint256 i; i < entries.length; ++i) {
            if (entries[i].nibbles[depth] == nibble) under[count++] = entries[i];
        }
        assembly {
            mstore(under, count)
        }
    }
}
