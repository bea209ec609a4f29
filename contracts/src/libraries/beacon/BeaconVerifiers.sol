// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../interfaces/IBeaconLayout.sol";
import {IBeaconVerifiers} from "../../interfaces/IBeaconVerifiers.sol";
import {SlotClock} from "../SlotClock.sol";
import {SlotPresenceProof} from "../../types/Proofs.sol";
import {BeaconRoots} from "./BeaconRoots.sol";

/// The table of layouts, and the one question judges ask of a state directly: was there a block in a slot?
contract BeaconVerifiers is SlotClock, IBeaconVerifiers {
    /// Newest first: a read of a recent state is one storage word.
    struct Fork {
        IBeaconLayout stateLayout;
        uint64 fromEpoch;
        uint32 older;
    }

    /// May append; zero means that the table is closed for good.
    address public immutable governor;
    /// A new layout holds at the earliest so many epochs after the call: whoever mistrusts it can leave before.
    uint64 public immutable noticeEpochs;

    Fork private _newest;
    uint32 private _olderCount;
    mapping(uint32 => Fork) private _older;

    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        uint64 firstEpoch,
        IBeaconLayout first,
        address governor_,
        uint64 noticeEpochs_
    ) SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_) {
        governor = governor_;
        noticeEpochs = noticeEpochs_;
        _put(firstEpoch, first, 0);
    }

    /// @inheritdoc IBeaconVerifiers
    function append(uint64 fromEpoch, IBeaconLayout stateLayout) external {
        if (msg.sender != governor) revert NotGovernor(msg.sender, governor);
        uint64 earliest = currentEpoch() + noticeEpochs + 1;
        if (earliest <= _newest.fromEpoch) earliest = _newest.fromEpoch + 1;
        if (fromEpoch < earliest) revert ForkTooEarly(earliest, fromEpoch);
        uint32 place = ++_olderCount;
        _older[place] = _newest;
        _put(fromEpoch, stateLayout, place);
    }

    /// @inheritdoc IBeaconVerifiers
    function layoutAt(uint64 epoch) public view returns (IBeaconLayout) {
        Fork memory fork = _newest;
        // One step per fork of Ethereum since Fulu: as short as its history.
        while (epoch < fork.fromEpoch) {
            if (fork.older == 0) revert NoLayout(epoch);
            fork = _older[fork.older];
        }
        return fork.stateLayout;
    }

    /// `block_roots[s]` repeats `block_roots[s - 1]` exactly when nobody's block stands in s: a positive proof, unlike a gap in
    /// EIP-4788. True also for a block that the next proposer orphaned (R25).
    function wasMissed(SlotPresenceProof calldata proof) external view returns (bool) {
        BeaconRoots.check(proof.header);
        uint64 headerSlot = proof.header.header.slot;
        uint64 slot = proof.slot;
        IBeaconLayout stateLayout = layoutAt(headerSlot / slotsPerEpoch);
        uint64 ring = stateLayout.slotsPerHistoricalRoot();
        // Outside this range the ring places hold other slots: two neighbours of another lap would be read as these.
        if (slot == 0 || slot >= headerSlot || uint256(headerSlot) + 1 > uint256(slot) + ring) {
            revert SlotOutsideBlockRoots(slot, headerSlot, ring);
        }
        bytes32 stateRoot = proof.header.header.stateRoot;
        stateLayout.checkBlockRoot(stateRoot, slot - 1, proof.rootBefore, proof.branchBefore);
        stateLayout.checkBlockRoot(stateRoot, slot, proof.rootAt, proof.branchAt);
        return proof.rootBefore == proof.rootAt;
    }

    function _put(uint64 fromEpoch, IBeaconLayout stateLayout, uint32 older) private {
        uint64 got = stateLayout.slotsPerEpoch();
        if (got != slotsPerEpoch) revert LayoutForOtherPreset(slotsPerEpoch, got);
        _newest = Fork(stateLayout, fromEpoch, older);
        emit LayoutAppended(fromEpoch, stateLayout);
    }
}
