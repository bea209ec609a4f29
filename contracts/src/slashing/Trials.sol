// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../interfaces/IEvidence.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {FaultIds} from "../libraries/FaultIds.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Terms} from "../types/Terms.sol";
import {CommitterSet} from "../types/Windows.sol";
import {Accusation} from "./Evidence.sol";

/// Where every judge is wired to. All fixed at deployment.
struct Wiring {
    uint64 genesisTime;
    uint64 secondsPerSlot;
    uint64 slotsPerEpoch;
    IGatewayRegistry registry;
    IParameters parameters;
}

/// What judges have in common: whose signature counts in which window, until when evidence is heard, and how much a fault costs.
abstract contract Trials is IEvidence, SlotClock {
    /// Transactions of 128 KB and their receipts travel as trie leaves.
    uint256 internal constant MOST_EVIDENCE_BYTES = 256 * 1024;
    uint256 internal constant MOST_COMMITTERS = 16;

    IGatewayRegistry public immutable registry;
    IParameters public immutable parameters;

    /// An accusation that may be heard.
    struct Trial {
        address rollup;
        uint32 gateway;
        uint64 window;
        bytes32 separator;
        /// hashStruct of the Base.
        bytes32 base;
        CommitterSet set;
        Terms terms;
    }

    constructor(Wiring memory wiring) SlotClock(wiring.genesisTime, wiring.secondsPerSlot, wiring.slotsPerEpoch) {
        registry = wiring.registry;
        parameters = wiring.parameters;
    }

    /// Refuses what is too large to decode for free.
    function _measured(bytes calldata evidence) internal pure returns (bytes calldata) {
        if (evidence.length > MOST_EVIDENCE_BYTES) revert EvidenceTooLarge(evidence.length, MOST_EVIDENCE_BYTES);
        return evidence;
    }

    /// One meaning, one spelling: trailing bytes and odd layouts are refused.
    function _onlySpelling(bytes calldata evidence, bytes memory encodedAgain) internal pure {
        if (evidence.length != encodedAgain.length || keccak256(evidence) != keccak256(encodedAgain)) {
            revert EvidenceNotCanonical();
        }
    }

    /// Opens a trial under the evidence horizon alone.
    function _open(Accusation memory accused) internal view returns (Trial memory trial) {
        return _open(accused, 0);
    }

    /// Opens a trial: the set signs for the gateway in the window's epoch (R15), the terms are that epoch's (R16). `settlement`
    /// (seconds) is how long the fault may take to become provable: the horizon is never shorter.
    ///
    /// The separator is computed here from the Inbox's address: a rollup contract could answer anything, but an honest gateway
    /// signs for no Inbox that it does not serve.
    function _open(Accusation memory accused, uint256 settlement) internal view returns (Trial memory trial) {
        uint64 window = accused.base.window;
        uint64 epoch = _hearable(window);
        trial.terms = parameters.termsAt(epoch);
        uint256 horizon = trial.terms.evidenceHorizonSeconds;
        if (settlement > horizon) horizon = settlement;
        // A verdict may fall in the horizon's last second and must still be heard; bonds stay for the claim period too (R16).
        if (settlement != 0) horizon += trial.terms.claimPeriodSeconds;
        _young(window, horizon);
        trial.rollup = accused.rollup;
        trial.gateway = accused.gateway;
        trial.window = window;
        trial.set = accused.set;
        _ownSet(accused.set, accused.gateway, epoch);
        trial.separator = MessageHashes.domain(accused.rollup);
        trial.base = MessageHashes.hash(accused.base);
    }

    /// Epoch of a window that this deployment can know: registries are final for the current and the next epoch only, so nothing is
    /// judged before its committers are. Also keeps far-future windows (2^64 - 1) out of all arithmetic.
    function _hearable(uint64 window) internal view returns (uint64 epoch) {
        uint64 last = (currentEpoch() + 2) * slotsPerEpoch - 1;
        if (window > last) revert WindowTooFar(window, last);
        return window / slotsPerEpoch;
    }

    function _young(uint64 slot, uint256 horizonSeconds) internal view {
        uint256 until = startOf(slot) + secondsPerSlot + horizonSeconds;
        if (block.timestamp > until) revert EvidenceTooOld(slot, until, block.timestamp);
    }

    function _ownSet(CommitterSet memory set, uint32 gateway, uint64 epoch) internal view {
        if (set.members.length > MOST_COMMITTERS) revert SetTooLarge(set.members.length, MOST_COMMITTERS);
        bytes32 got = MessageHashes.hash(set);
        bytes32 expected = registry.committerSetAt(gateway, epoch);
        if (expected != got) revert NotTheCommitterSet(gateway, epoch, expected, got);
        uint32 owner = registry.gatewayOfSet(got);
        if (owner != gateway || gateway == 0) revert SetOfAnotherGateway(gateway, owner);
    }

    /// Reverts unless the accused signed the message under the accusation's base.
    function _signed(Trial memory trial, bytes32 base, bytes32 structHash, bytes memory signature) internal pure {
        if (base != trial.base) revert OtherBase(trial.base, base);
        CommitterSignatures.verify(trial.set, MessageHashes.digest(trial.separator, structHash), signature);
    }

    /// The verdict of a safety fault: once per base and kind (R10).
    function _safety(Trial memory trial, FaultKind kind) internal pure returns (Fault memory fault) {
        fault = _verdict(trial, kind);
        fault.id = FaultIds.underBase(kind, trial.gateway, trial.rollup, trial.base);
        fault.amountWei = trial.terms.safetyWei;
    }

    function _verdict(Trial memory trial, FaultKind kind) internal pure returns (Fault memory fault) {
        fault.kind = kind;
        fault.gateway = trial.gateway;
        fault.rollup = trial.rollup;
        fault.base = trial.base;
        fault.window = trial.window;
    }
}
