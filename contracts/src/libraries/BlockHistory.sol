// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The chain's own memory of block hashes (EIP-2935).
library BlockHistory {
    /// 32 bytes in (block number), 32 bytes out (hash).
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    /// Blocks it answers for: the parent of the present block, and those before.
    uint256 internal constant BLOCKS = 8191;

    /// Hash of block `blockNumber`; zero when the contract does not know it, or is not there.
    function hashOf(uint256 blockNumber) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            mstore(0, blockNumber)
            let known := staticcall(gas(), HISTORY, 0, 32, 0, 32)
            known := and(known, eq(returndatasize(), 32))
            hash := mul(known, mload(0))
        }
    }
}
