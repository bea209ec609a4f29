// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../../interfaces/IInbox.sol";

/// Hands each blob of a transaction out once (R8): two batches over one blob would both claim its channels. The cursor is
/// transient, so a reverted call gives its blobs back and the next transaction starts at 0.
library BlobCursor {
    /// keccak256("forebond.inbox.blobs") - 1.
    bytes32 private constant SLOT = bytes32(uint256(keccak256("forebond.inbox.blobs")) - 1);

    /// Takes the next `expected.length` blobs, which must be exactly these. Returns how many were taken before.
    function take(bytes32[] memory expected) internal returns (uint256 before) {
        bytes32 place = SLOT;
        assembly ("memory-safe") {
            before := tload(place)
        }
        uint256 count = expected.length;
        if (count == 0) revert IInbox.NoBlobs();
        for (uint256 i; i < count; ++i) {
            bytes32 got = blobhash(before + i);
            // A zero hash is "no such blob": a batch that names zero must not pass for it.
            if (got != expected[i] || got == 0) revert IInbox.BlobMismatch(before + i, expected[i], got);
        }
        uint256 next = before + count;
        assembly ("memory-safe") {
            tstore(place, next)
        }
    }
}
