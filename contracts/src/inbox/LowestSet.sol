// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibBit} from "solady/utils/LibBit.sol";

/// A set of uint32 that answers "the lowest member" in four storage reads, whatever its size: a tree of four levels, 256 bits
/// a node. A list would let whoever adds many members make the answer too dear to get.
library LowestSet {
    struct Set {
        /// Key: level * 2^32 + node. Level 0 holds the members, level 3 is the root.
        mapping(uint256 key => uint256 bits) nodes;
    }

    uint256 internal constant NONE = type(uint256).max;
    uint256 private constant LEVELS = 4;

    function add(Set storage set, uint32 member) internal {
        uint256 place = member;
        for (uint256 level; level < LEVELS; ++level) {
            uint256 key = (level << 32) | (place >> 8);
            uint256 bits = set.nodes[key];
            set.nodes[key] = bits | (1 << (place & 255));
            if (bits != 0) return;
            place >>= 8;
        }
    }

    function remove(Set storage set, uint32 member) internal {
        uint256 place = member;
        for (uint256 level; level < LEVELS; ++level) {
            uint256 key = (level << 32) | (place >> 8);
            uint256 bits = set.nodes[key] & ~(1 << (place & 255));
            set.nodes[key] = bits;
            if (bits != 0) return;
            place >>= 8;
        }
    }

    /// Lowest member, or `NONE`.
    function lowest(Set storage set) internal view returns (uint256 member) {
        uint256 bits = set.nodes[3 << 32];
        if (bits == 0) return NONE;
        member = LibBit.ffs(bits);
        for (uint256 level = LEVELS - 1; level > 0; --level) {
            bits = set.nodes[((level - 1) << 32) | member];
            member = (member << 8) | LibBit.ffs(bits);
        }
    }
}
