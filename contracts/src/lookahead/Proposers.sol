// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../interfaces/IBeaconLayout.sol";
import {IBeaconVerifiers} from "../interfaces/IBeaconVerifiers.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {BeaconRoots} from "../libraries/beacon/BeaconRoots.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {HeaderProof, LookaheadProof, SlotProof} from "../types/Proofs.sol";
import {ProposerWords} from "./ProposerWords.sol";

/// The proven half of the lookahead: which validator proposes in which slot. A ring of epochs: once it has gone round, storing an
/// epoch rewrites used words, at a quarter of the price of new ones.
abstract contract Proposers is SlotClock, ILookahead {
    using ProposerWords for uint256;

    /// Epochs that stay readable. A power of two, longer than EIP-4788 remembers: an old proof never meets its successor's place.
    uint64 public immutable historyEpochs;
    IBeaconVerifiers public immutable verifiers;

    /// What EIP-4788 remembers, in slots, rounded up.
    uint64 private constant LEAST_HISTORY_SLOTS = 8192;
    uint256 private constant WORDS_PER_EPOCH = 4;

    mapping(uint256 place => uint256 word) private _words;

    constructor(uint64 historyEpochs_, IBeaconVerifiers verifiers_) {
        bool powerOfTwo = historyEpochs_ != 0 && historyEpochs_ & (historyEpochs_ - 1) == 0;
        if (!powerOfTwo || uint256(historyEpochs_) * slotsPerEpoch < LEAST_HISTORY_SLOTS) {
            revert BadHistory(historyEpochs_);
        }
        historyEpochs = historyEpochs_;
        verifiers = verifiers_;
    }

    /// @inheritdoc ILookahead
    function prove(uint64 epoch, LookaheadProof calldata proof) external {
        // All valid proofs of an epoch agree: a state and the next epoch's are one chain's.
        if (isProven(epoch)) return;
        (IBeaconLayout places, bool nextEpoch) = _stateFor(epoch, proof.header);
        places.checkLookaheadHalf(proof.header.header.stateRoot, nextEpoch, proof.chunks, proof.branch);
        for (uint256 i; i < proof.chunks.length; i += 2) {
            uint256 place = _firstWordOf(epoch) + i / 2;
            // EIP-4788 may keep a root beyond its usual span when later blocks at its place were missed.
            if (_words[place].isAfter(epoch)) revert LookaheadForgotten(epoch);
            _words[place] = ProposerWords.pack(epoch, proof.chunks[i], proof.chunks[i + 1]);
        }
        emit LookaheadProven(epoch);
    }

    /// @inheritdoc ILookahead
    function isProven(uint64 epoch) public view returns (bool) {
        return _words[_firstWordOf(epoch)].isOf(epoch);
    }

    /// @inheritdoc ILookahead
    function proposerAt(uint64 slot) external view returns (uint64 validatorIndex) {
        return _proposers(slot / slotsPerEpoch, slot % slotsPerEpoch / ProposerWords.PER_WORD)
            .indexAt(slot % slotsPerEpoch % ProposerWords.PER_WORD);
    }

    /// Word number `wordInEpoch` of `epoch`'s proposers. Reverts `LookaheadUnknown`.
    function _proposers(uint64 epoch, uint256 wordInEpoch) internal view returns (uint256 word) {
        word = _words[_firstWordOf(epoch) + wordInEpoch];
        if (!word.isOf(epoch)) revert LookaheadUnknown(epoch);
    }

    /// All proposers of `epoch`, in the order of its slots. Reverts `LookaheadUnknown`.
    function _proposersOf(uint64 epoch) internal view returns (uint64[] memory indices) {
        indices = new uint64[](slotsPerEpoch);
        uint256 place;
        // Whole words: an epoch has 8 or 32 slots.
        while (place < indices.length) {
            uint256 word = _proposers(epoch, place / ProposerWords.PER_WORD);
            for (uint256 i; i < ProposerWords.PER_WORD; ++i) {
                indices[place++] = word.indexAt(i);
            }
        }
    }

    /// Proposer of `slot` by a proof of its own.
    function _proposerByProof(uint64 slot, SlotProof memory proof) internal view returns (uint64) {
        uint64 epoch = slot / slotsPerEpoch;
        uint64 offset = slot % slotsPerEpoch;
        (IBeaconLayout places, bool nextEpoch) = _stateFor(epoch, proof.header);
        places.checkLookaheadChunk(proof.header.header.stateRoot, nextEpoch, offset, proof.chunk, proof.branch);
        // Four indices to a chunk; an epoch is a whole number of chunks.
        return ProposerWords.packChunk(epoch, proof.chunk).indexAt(offset % 4);
    }

    /// Proves the header; its state's layout, and in which half the state holds `epoch`. The slot decides, which is proven: after
    /// missed slots the newest root is older than its timestamp, and taken for the next epoch's every index would shift.
    function _stateFor(uint64 epoch, HeaderProof memory proof) private view returns (IBeaconLayout, bool nextEpoch) {
        BeaconRoots.check(proof);
        uint64 headerEpoch = proof.header.slot / slotsPerEpoch;
        nextEpoch = headerEpoch + 1 == epoch;
        if (!nextEpoch && headerEpoch != epoch) revert HeaderOutsideEpoch(proof.header.slot, epoch);
        return (verifiers.layoutAt(headerEpoch), nextEpoch);
    }

    function _firstWordOf(uint64 epoch) private view returns (uint256) {
        return uint256(epoch & (historyEpochs - 1)) * WORDS_PER_EPOCH;
    }
}
