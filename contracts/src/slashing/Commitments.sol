// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";

/// Commit, wait a block, reveal (R10): who copies a watcher's evidence out of the public pool is a block too late.
abstract contract Commitments is ISlasher {
    uint256 internal constant COMMITMENT_BLOCKS = 256;

    mapping(bytes32 commitment => uint256 blockNumber) private committedAt;

    function commit(bytes32 commitment) external {
        uint256 before = committedAt[commitment];
        // Nobody can put a commitment off by making it again.
        if (before != 0 && block.number <= before + COMMITMENT_BLOCKS) revert AlreadyCommitted(commitment);
        committedAt[commitment] = block.number;
        emit Committed(commitment);
    }

    function _reveal(IJudge judge, bytes calldata evidence, address watcher) internal {
        bytes32 commitment = keccak256(abi.encode(judge, keccak256(evidence), watcher));
        uint256 before = committedAt[commitment];
        if (before == 0) revert NotCommitted(commitment);
        if (block.number <= before) revert TooEarly(before, block.number);
        if (block.number > before + COMMITMENT_BLOCKS) revert CommitmentExpired(before, block.number);
        delete committedAt[commitment];
    }
}
