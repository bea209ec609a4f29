// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Base, Frag, Seal} from "../types/Messages.sol";
import {ForkEvidence, MessageKind, SignedMessage} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";

/// How two messages contradict each other; names and order of `Fork` in `crates/protocol/src/fork.rs`.
enum Contradiction {
    None,
    TwoBases,
    SameSequence,
    SamePredecessor,
    BlockFields,
    TwoSeals,
    SealAgainstFrag,
    OutOfOrder,
    AfterEnd
}

/// Fork by two messages under one base (R2 a-e, OutOfOrder) or by two Bases of one window (R5). No origin exception (R3), no chain
/// state: it is provable as long as evidence is heard. "Different" compares struct hashes, never signature bytes.
contract ForkJudge is Judge {
    /// Two Bases are judged under the one with the lower hash, so that swapping them is not a second fault (R10).
    error NotTheLowerBase(bytes32 lower, bytes32 got);

    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(ForkEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        ForkEvidence memory e = abi.decode(_measured(evidence), (ForkEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        if (_contradiction(trial, e.first, e.second) == Contradiction.None) revert NoContradiction();
        return _safety(trial, FaultKind.Fork);
    }

    /// The contradiction in evidence that would convict: for watchers and tests.
    function contradiction(bytes calldata evidence) external view returns (Contradiction) {
        ForkEvidence memory e = abi.decode(_measured(evidence), (ForkEvidence));
        return _contradiction(_open(e.accused), e.first, e.second);
    }

    function _contradiction(Trial memory trial, SignedMessage memory first, SignedMessage memory second)
        private
        pure
        returns (Contradiction)
    {
        if (first.kind == MessageKind.Base && second.kind == MessageKind.Base) return _bases(trial, first, second);
        if (first.kind == MessageKind.Frag && second.kind == MessageKind.Frag) {
            (Frag memory a, bytes32 hashOfA) = _frag(trial, first);
            (Frag memory b, bytes32 hashOfB) = _frag(trial, second);
            return hashOfA == hashOfB ? Contradiction.None : _frags(a, b);
        }
        if (first.kind == MessageKind.Seal && second.kind == MessageKind.Seal) {
            (Seal memory a, bytes32 hashOfA) = _seal(trial, first);
            (Seal memory b, bytes32 hashOfB) = _seal(trial, second);
            return hashOfA == hashOfB ? Contradiction.None : _seals(a, b);
        }
        // A Base says nothing that a frag or seal under it could deny.
        if (first.kind == MessageKind.Base || second.kind == MessageKind.Base) return Contradiction.None;
        bool sealFirst = first.kind == MessageKind.Seal;
        (Seal memory seal,) = _seal(trial, sealFirst ? first : second);
        (Frag memory frag, bytes32 hashOfFrag) = _frag(trial, sealFirst ? second : first);
        return _sealAndFrag(seal, frag, hashOfFrag);
    }

    // --- Reading ---

    function _frag(Trial memory trial, SignedMessage memory m) private pure returns (Frag memory frag, bytes32 hash) {
        if (m.message.length != 15 * 32) revert MessageLength(15 * 32, m.message.length);
        frag = abi.decode(m.message, (Frag));
        hash = MessageHashes.hash(frag);
        _signed(trial, frag.base, hash, m.signature);
    }

    function _seal(Trial memory trial, SignedMessage memory m) private pure returns (Seal memory seal, bytes32 hash) {
        if (m.message.length != 6 * 32) revert MessageLength(6 * 32, m.message.length);
        seal = abi.decode(m.message, (Seal));
        hash = MessageHashes.hash(seal);
        _signed(trial, seal.base, hash, m.signature);
    }

    // --- Comparing: the same order of questions as `fork.rs` ---

    function _bases(Trial memory trial, SignedMessage memory first, SignedMessage memory second)
        private
        pure
        returns (Contradiction)
    {
        if (first.message.length != 6 * 32) revert MessageLength(6 * 32, first.message.length);
        if (second.message.length != 6 * 32) revert MessageLength(6 * 32, second.message.length);
        Base memory a = abi.decode(first.message, (Base));
        Base memory b = abi.decode(second.message, (Base));
        bytes32 hashOfA = MessageHashes.hash(a);
        bytes32 hashOfB = MessageHashes.hash(b);
        _signed(trial, hashOfA, hashOfA, first.signature);
        // The other Base has its own hash; the signature is by the same set because the window is the same.
        if (a.window != b.window || hashOfA == hashOfB) return Contradiction.None;
        if (hashOfB < hashOfA) revert NotTheLowerBase(hashOfB, hashOfA);
        _signed(trial, trial.base, hashOfB, second.signature);
        // Attempt 1 beside attempt 0 can be honest: the Confirmed chain decides (R5).
        bool firstAndSecond = (a.attempt == 0 && b.attempt == 1) || (a.attempt == 1 && b.attempt == 0);
        return firstAndSecond ? Contradiction.None : Contradiction.TwoBases;
    }

    function _frags(Frag memory a, Frag memory b) private pure returns (Contradiction) {
        if (a.sequence == b.sequence) return Contradiction.SameSequence;
        if (a.previousFrag == b.previousFrag) return Contradiction.SamePredecessor;
        if (a.blockNumber == b.blockNumber) {
            bool same = a.timestamp == b.timestamp && a.l1OriginNumber == b.l1OriginNumber
                && a.l1OriginHash == b.l1OriginHash && a.orderingRule == b.orderingRule && a.blockEnv == b.blockEnv;
            return same ? Contradiction.None : Contradiction.BlockFields;
        }
        bool sameOrder = (a.blockNumber < b.blockNumber) == (a.sequence < b.sequence);
        return sameOrder ? Contradiction.None : Contradiction.OutOfOrder;
    }

    function _seals(Seal memory a, Seal memory b) private pure returns (Contradiction) {
        if (a.blockNumber == b.blockNumber) return Contradiction.TwoSeals;
        (Seal memory earlier, Seal memory later) = a.blockNumber < b.blockNumber ? (a, b) : (b, a);
        if (later.lastSequence <= earlier.lastSequence) return Contradiction.OutOfOrder;
        return earlier.endOfWindow ? Contradiction.AfterEnd : Contradiction.None;
    }

    function _sealAndFrag(Seal memory seal, Frag memory frag, bytes32 hashOfFrag) private pure returns (Contradiction) {
        bool contradicts = (frag.sequence == seal.lastSequence && hashOfFrag != seal.lastFrag)
            || (frag.blockNumber == seal.blockNumber && frag.sequence > seal.lastSequence)
            || (frag.blockNumber > seal.blockNumber && frag.sequence <= seal.lastSequence)
            || (frag.blockNumber < seal.blockNumber && frag.sequence >= seal.lastSequence);
        if (contradicts) return Contradiction.SealAgainstFrag;
        bool behindTheEnd = seal.endOfWindow && frag.sequence > seal.lastSequence;
        return behindTheEnd ? Contradiction.AfterEnd : Contradiction.None;
    }
}
