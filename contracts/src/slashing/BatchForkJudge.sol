// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {PromiseTree} from "../libraries/promise/PromiseTree.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {SealedBatchEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {OwnBatch} from "./OwnBatch.sol";

/// Fork (g) of R2: the accused's own batch under a base has another hash at a block it sealed under that base, or goes on behind the
/// seal that ended its window. Two batches are never a fork: the same blocks may be batched again after a fee bump.
contract BatchForkJudge is Judge {
    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(SealedBatchEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        SealedBatchEvidence memory e = abi.decode(_measured(evidence), (SealedBatchEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        _signed(trial, e.seal.base, MessageHashes.hash(e.seal), e.sealSignature);
        _signed(trial, e.own.batch.base, MessageHashes.hash(e.own.batch), e.own.signature);
        bool behindTheEnd = e.seal.endOfWindow && e.own.batch.lastBlock > e.seal.blockNumber;
        if (!behindTheEnd) {
            OwnBatch.contains(e.own.batch, e.seal.blockNumber, e.blockHash, e.branch);
            if (e.blockHash == e.seal.blockHash) revert NoContradiction();
        }
        return _safety(trial, FaultKind.Fork);
    }
}
