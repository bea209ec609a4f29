// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILookahead} from "../interfaces/ILookahead.sol";

/// Proposers of an epoch, eight to a storage word: eight indices of 28 bits, the first one lowest, and above them a tag of 32 bits,
/// epoch + 1. Every word carries the tag, so a reader of one word cannot take another epoch's proposer for this one's.
library ProposerWords {
    uint256 internal constant PER_WORD = 8;
    uint256 private constant INDEX_BITS = 28;
    uint256 private constant INDEX_MASK = 0xfffffff;
    uint256 private constant TAG_SHIFT = 224;
    uint256 private constant PER_CHUNK = 4;

    /// Bits that must be clear in four byte-swapped 64-bit indices.
    uint256 private constant TOO_LARGE = 0xfffffffff0000000_fffffffff0000000_fffffffff0000000_fffffffff0000000;

    function tagOf(uint64 epoch) internal pure returns (uint256) {
        if (epoch >= type(uint32).max) revert ILookahead.EpochTooLarge(epoch);
        return uint256(epoch) + 1;
    }

    /// Whether `word` holds proposers of `epoch`.
    function isOf(uint256 word, uint64 epoch) internal pure returns (bool) {
        return word >> TAG_SHIFT == uint256(epoch) + 1;
    }

    /// Whether `word` holds an epoch after `epoch`.
    function isAfter(uint256 word, uint64 epoch) internal pure returns (bool) {
        return word >> TAG_SHIFT > uint256(epoch) + 1;
    }

    /// Index at `place` (0 to 7).
    function indexAt(uint256 word, uint256 place) internal pure returns (uint64) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64((word >> (INDEX_BITS * place)) & INDEX_MASK);
    }

    /// The word of two chunks of `proposer_lookahead`.
    function pack(uint64 epoch, bytes32 first, bytes32 second) internal pure returns (uint256) {
        return packChunk(epoch, first) | (packChunk(epoch, second) << (INDEX_BITS * PER_CHUNK))
            | (tagOf(epoch) << TAG_SHIFT);
    }

    /// Four indices of a chunk, 28 bits each, the first one lowest.
    function packChunk(uint64 epoch, bytes32 chunk) internal pure returns (uint256) {
        uint256 x = uint256(chunk);
        // Each 64-bit part is little endian: swap its bytes, then its pairs, then its halves.
        x = ((x & 0xff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00) >> 8)
            | ((x & 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff) << 8);
        x = ((x & 0xffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000) >> 16)
            | ((x & 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff) << 16);
        x = ((x & 0xffffffff00000000ffffffff00000000ffffffff00000000ffffffff00000000) >> 32)
            | ((x & 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff) << 32);
        if (x & TOO_LARGE != 0) revert ILookahead.ValidatorIndexTooLarge(epoch, chunk);
        return (x >> 192) | (((x >> 128) & INDEX_MASK) << 28) | (((x >> 64) & INDEX_MASK) << 56) | ((x & INDEX_MASK) << 84);
    }
}
