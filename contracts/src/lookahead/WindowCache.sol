// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LibBit} from "solady/utils/LibBit.sol";
import {Window} from "../types/Windows.sol";

/// One epoch's windows of one rollup: what `Lookahead` computed, in one head word and the gateways of the registered slots.
library WindowCache {
    /// The head. Offsets count slots from the epoch's first.
    struct Head {
        /// Epoch + 1; the lanes are written with it, so they are of the same epoch.
        uint32 tag;
        /// Bit i: the slot at offset i is registered.
        uint32 registered;
        /// Who owns what no registered slot of the epoch owns, before the tail.
        uint32 fallbackGateway;
        /// Who owns it in the tail; zero when nothing is left there.
        uint32 tailGateway;
        /// Offset of the next epoch's first registered slot + 1; zero when the tail is the fallback's.
        uint8 tailPlace;
        /// First offset of the tail; the epoch's length when it has none.
        uint8 tailStart;
        /// Slots of the epoch before that belong to this epoch's first registered slot.
        uint8 reachBack;
    }

    uint256 private constant LANES = 8;
    uint256 private constant LANE_BITS = 32;
    uint256 private constant FIRST = 1;
    uint256 private constant ALL = type(uint32).max;

    /// The bit of the slot at `offset` (below 32).
    function bit(uint64 offset) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(FIRST << offset);
    }

    /// The gateway of the registered slot at `offset`: lanes are filled in the order of the slots.
    function laneOf(uint32 registered, uint64 offset) internal pure returns (uint256 word, uint256 shift) {
        uint256 rank = LibBit.popCount(registered & ~(ALL << offset));
        return (rank / LANES, (rank % LANES) * LANE_BITS);
    }

    /// Offset of the first registered slot at or after `offset`; 256 when there is none.
    function registeredFrom(Head memory head, uint64 offset) internal pure returns (uint64) {
        // At most 256.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(LibBit.ffs(head.registered & (ALL << offset)));
    }

    /// Offset of the last registered slot before `offset`, plus 1; zero when there is none.
    function afterRegisteredBefore(uint32 registered, uint64 offset) internal pure returns (uint64) {
        uint256 below = registered & ~(ALL << offset);
        // At most 31.
        // forge-lint: disable-next-line(unsafe-typecast)
        return below == 0 ? 0 : uint64(LibBit.fls(below)) + 1;
    }

    /// The window around `offset`, which no registered slot of the epoch owns. `start` is the epoch's first slot.
    function unregisteredWindow(Head memory head, uint64 start, uint64 offset, uint64 slotsPerEpoch)
        internal
        pure
        returns (Window memory)
    {
        // The last registered slot lies before `offset`, or `offset` would be owned.
        uint64 first = afterRegisteredBefore(head.registered, offset);
        if (offset < head.tailStart) {
            return Window(head.fallbackGateway, start + first, start + head.tailStart - 1);
        }
        if (first < head.tailStart) first = head.tailStart;
        uint64 last = start + slotsPerEpoch - 1 + head.tailPlace;
        return Window(head.tailGateway, start + first, last);
    }
}
