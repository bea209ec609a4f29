// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Base, Batch} from "../types/Messages.sol";
import {BrokenBaseEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {OwnBatch} from "./OwnBatch.sol";

/// brokenBase (R5): a gateway says in its Base which block it builds on; its own batch under that Base has another hash there.
contract BrokenBaseJudge is Judge {
    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(BrokenBaseEvidence). The batch names the Base's hash and is signed: it signs the Base with it.
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        BrokenBaseEvidence memory e = abi.decode(_measured(evidence), (BrokenBaseEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        Batch memory batch = e.own.batch;
        Base memory base = e.accused.base;
        _signed(trial, batch.base, MessageHashes.hash(batch), e.own.signature);
        if (uint256(batch.firstBlock) == uint256(base.parentBlock) + 1) {
            if (e.branch.length != 0 || e.blockHash != batch.parentBlockHash) revert EvidenceNotCanonical();
        } else {
            OwnBatch.contains(batch, base.parentBlock, e.blockHash, e.branch);
        }
        if (e.blockHash == base.parentBlockHash) revert NoContradiction();
        return _safety(trial, FaultKind.BrokenBase);
    }
}
