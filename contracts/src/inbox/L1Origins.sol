// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";
import {BlockHistory} from "../libraries/BlockHistory.sol";

/// Checks an L1 origin against the chain's own memory of block hashes (EIP-2935), so that a batch cannot stand on an invented
/// or orphaned L1 block (R3, R23).
library L1Origins {
    /// One less than the ring holds: the poster's transaction may land a block later than it was built for.
    uint256 internal constant MAX_AGE = BlockHistory.BLOCKS - 1;

    function check(uint64 blockNumber, bytes32 expectedHash, uint256 maxLag) internal view {
        uint256 age = maxLag < MAX_AGE ? maxLag : MAX_AGE;
        uint256 oldest = block.number > age ? block.number - age : 0;
        if (blockNumber >= block.number || blockNumber < oldest) {
            revert IInbox.OriginOutOfRange(uint64(oldest), uint64(block.number) - 1, blockNumber);
        }
        bytes32 got = BlockHistory.hashOf(blockNumber);
        if (got == 0) revert IInbox.OriginUnknown(blockNumber);
        if (got != expectedHash) revert IInbox.WrongOriginHash(got, expectedHash);
    }
}
