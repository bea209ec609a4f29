// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {PromiseTree} from "../libraries/promise/PromiseTree.sol";
import {Batch} from "../types/Messages.sol";

/// Blocks inside a batch.
library OwnBatch {
    /// Reverts unless `batch` claims `blockHash` for `blockNumber`.
    function contains(Batch memory batch, uint64 blockNumber, bytes32 blockHash, bytes32[] memory branch)
        internal
        pure
    {
        if (blockNumber < batch.firstBlock || blockNumber > batch.lastBlock) {
            revert IEvidence.BlockOutsideBatch(blockNumber, batch.firstBlock, batch.lastBlock);
        }
        uint256 count = uint256(batch.lastBlock) - batch.firstBlock + 1;
        bytes32 leaf = PromiseTree.blockLeaf(blockNumber, blockHash);
        bytes32 root = PromiseTree.root(leaf, blockNumber - batch.firstBlock, count, branch);
        if (root != batch.blocksRoot) revert IEvidence.OtherRoot(batch.blocksRoot, root);
    }
}
