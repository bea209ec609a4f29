// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {RollupConfig} from "../types/Windows.sol";
import {FalseClaimEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";

/// falseClaim (R4.4): the resolver found that a batch's data does not derive to what it claims. Needs no promise: voiding one's own
/// batch must never be cheaper than lying. A batch on a void parent is Orphaned, no fault.
contract FalseClaimJudge is Judge {
    error NotVoid(uint32 batchId, BatchStatus status);
    error OtherBatch(uint32 batchId, bytes32 recorded, bytes32 got);

    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(FalseClaimEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        FalseClaimEvidence memory e = abi.decode(_measured(evidence), (FalseClaimEvidence));
        _onlySpelling(evidence, abi.encode(e));
        IInbox inbox = IInbox(e.accused.rollup);
        RollupConfig memory config = inbox.config();
        // The verdict may come after the plain horizon: then this one would end before its proof exists.
        Trial memory trial = _open(e.accused, uint256(config.claimWindowSeconds) + config.resolverSeconds);
        bytes32 batchHash = MessageHashes.hash(e.own.batch);
        _signed(trial, e.own.batch.base, batchHash, e.own.signature);
        BatchRecord memory recorded = inbox.record(e.batchId);
        if (recorded.batchHash != batchHash) revert OtherBatch(e.batchId, recorded.batchHash, batchHash);
        BatchStatus status = inbox.statusOf(e.batchId);
        if (status != BatchStatus.Void) revert NotVoid(e.batchId, status);
        return _safety(trial, FaultKind.FalseClaim);
    }
}
