// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";

/// Checks an L1 origin against the chain's own memory of block hashes (EIP-2935), so that a batch cannot stand on an invented
/// or orphaned L1 block (R3, R23).
library L1Origins {
    /// The history contract of EIP-2935: 32 bytes in (block number), 32 bytes out (hash), for the last 8191 blocks.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// One less than the ring holds: the poster's transaction may land a block later than it was built for.
    uint256 internal constant MAX_AGE = 8190;

    function check(uint64 blockNumber, bytes32 expectedHash, uint256 maxLag) internal view {
        uint256 age = maxLag < MAX_AGE ? maxLag : MAX_AGE;
        uint256 oldest = block.number > age ? block.number - age : 0;
        if (blockNumber >= block.number || blockNumber < oldest) {
            revert IInbox.OriginOutOfRange(uint64(oldest), uint64(block.number) - 1, blockNumber);
        }
        bytes32 got;
        bool known;
        assembly ("memory-safe") {
            mstore(0, blockNumber)
            known := staticcall(gas(), HISTORY, 0, 32, 0, 32)
            known := and(known, eq(returndatasize(), 32))
            got := mload(0)
        }
        if (!known || got == 0) revert IInbox.OriginUnknown(blockNumber);
        if (got != expectedHash) revert IInbox.WrongOriginHash(got, expectedHash);
    }
}
