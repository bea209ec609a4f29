// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {IExcuses, Shift} from "../interfaces/IExcuses.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {FaultIds} from "../libraries/FaultIds.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {RollupConfig} from "../types/Windows.sol";
import {UnkeptEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {Promises} from "./Promises.sol";

/// unkept (R6, R7): the Confirmed chain, written by somebody else or under another base, differs from a promise at its position.
/// Costs twice the coverage; the promise's sender is owed half (R9). Only against Confirmed blocks: a claim of somebody else that may
/// still fall frames nobody (R4.5).
contract UnkeptJudge is Promises {
    error NotConfirmed(uint32 batchId, BatchStatus status);
    error OtherBatch(uint32 batchId, bytes32 recorded, bytes32 got);
    /// The accused's own batch under the promise's own base: that is for the lie judge, at another price.
    error OwnBatchSameBase(uint32 batchId);
    error NothingCovered();
    /// More coverage was signed than there is money for: what goes beyond counts as 0 (R6), so that invented promises to oneself
    /// do not water down everybody else's refunds.
    error CoverageBeyondReserve(uint256 twiceWindowCoverageWei, uint256 insuredWei);
    /// A leaf cannot cover more than its whole window.
    error CoverageBeyondWindow(uint128 coverageWei, uint128 windowCoverageWei);

    /// The excuse is for another base than the promise's.
    error ExcuseOfAnother(uint32 gateway, bytes32 base);

    ISlasher public immutable slasher;
    IExcuses public immutable excuses;

    constructor(Wiring memory wiring, ISlasher slasher_, IExcuses excuses_) Judge(wiring) {
        slasher = slasher_;
        excuses = excuses_;
    }

    /// `evidence`: abi.encode(UnkeptEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory fault) {
        UnkeptEvidence memory e = abi.decode(_measured(evidence), (UnkeptEvidence));
        _onlySpelling(evidence, abi.encode(e));
        RollupConfig memory config = IInbox(e.accused.rollup).config();
        Trial memory trial = _open(e.accused, uint256(config.claimWindowSeconds) + config.resolverSeconds);
        bytes32 fragHash = _promised(trial, e.promised);
        _confirmed(trial, e);
        _differs(e.promised, e.confirmed, e.content);
        _covered(trial, e);

        fault = _verdict(trial, FaultKind.Unkept);
        // Once per promise, whoever pays for it in the end.
        fault.id = FaultIds.ofPromise(trial.gateway, trial.rollup, trial.base, fragHash, e.promised.leaf.index);
        fault.amountWei = 2 * uint256(e.promised.leaf.coverage);
        fault.payee = e.promised.leaf.sender;
        fault.payeeWei = e.promised.leaf.coverage;
        if (e.excuse.length != 0) {
            Shift memory moved = excuses.shift(e.excuse);
            bool isOwn = moved.rollup == trial.rollup && moved.gateway == trial.gateway && moved.base == trial.base;
            if (!isOwn) revert ExcuseOfAnother(moved.gateway, moved.base);
            fault.gateway = moved.liableGateway;
            fault.base = moved.liableBase;
            fault.window = moved.liableWindow;
        }
    }

    function _confirmed(Trial memory trial, UnkeptEvidence memory e) private view {
        IInbox inbox = IInbox(trial.rollup);
        BatchRecord memory recorded = inbox.record(e.batchId);
        bytes32 batchHash = MessageHashes.hash(e.confirmed);
        if (recorded.batchHash != batchHash) revert OtherBatch(e.batchId, recorded.batchHash, batchHash);
        // The same Base hash by another signer is another base: a Base does not name who signs it.
        if (recorded.gateway == trial.gateway && e.confirmed.base == trial.base) revert OwnBatchSameBase(e.batchId);
        BatchStatus status = inbox.statusOf(e.batchId);
        if (status != BatchStatus.Confirmed) revert NotConfirmed(e.batchId, status);
    }

    function _covered(Trial memory trial, UnkeptEvidence memory e) private view {
        uint128 coverage = e.promised.leaf.coverage;
        uint128 windowCoverage = e.promised.frag.windowCoverage;
        if (coverage == 0) revert NothingCovered();
        if (coverage > windowCoverage) revert CoverageBeyondWindow(coverage, windowCoverage);
        uint256 insuredWei = slasher.insuredWei(trial.gateway, trial.rollup, trial.base);
        if (2 * uint256(windowCoverage) > insuredWei) {
            revert CoverageBeyondReserve(2 * uint256(windowCoverage), insuredWei);
        }
    }
}
