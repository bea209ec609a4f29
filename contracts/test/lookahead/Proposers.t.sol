// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../src/interfaces/IBeaconLayout.sol";
import {IBeaconVerifiers} from "../../src/interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {BeaconRoots} from "../../src/libraries/beacon/BeaconRoots.sol";
import {Ssz} from "../../src/libraries/beacon/Ssz.sol";
import {Lookahead} from "../../src/lookahead/Lookahead.sol";
import {LookaheadProof, SlotProof} from "../../src/types/Proofs.sol";
import {LookaheadWorld} from "../support/lookahead/LookaheadWorld.sol";

/// `prove` and `proposerAt`: only what a state says about its own two epochs is ever stored or read.
contract ProposersTest is LookaheadWorld {
    function setUp() public {
        build(8, 1024);
    }

    function _indices(uint64 seed) private view returns (uint64[] memory indices) {
        indices = new uint64[](perEpoch);
        for (uint64 i; i < perEpoch; ++i) {
            indices[i] = uint64(uint256(keccak256(abi.encode(seed, i)))) % (1 << 28);
        }
    }

    // --- What is accepted ---

    function test_theSpecificationsLookaheadsAreProven() public {
        _proveOracles("beacon/minimal/proofs.json");
        build(32, 256);
        _proveOracles("beacon/mainnet/proofs.json");
    }

    function _proveOracles(string memory file) private {
        string memory json = fixture(file);
        uint256 proven;
        for (uint256 i; i < count(json, "lookahead"); ++i) {
            string memory key = item("lookahead", i);
            LookaheadProof memory proof = lookaheadFrom(json, key);
            if (proof.branch.length != 7) continue;
            uint64 firstSlot = uint64(vm.parseJsonUint(json, string.concat(key, ".firstSlot")));
            lookahead.prove(firstSlot / perEpoch, proof);
            uint256[] memory proposers = vm.parseJsonUintArray(json, string.concat(key, ".proposers"));
            for (uint64 j; j < perEpoch; ++j) {
                assertEq(lookahead.proposerAt(firstSlot + j), proposers[j]);
            }
            ++proven;
        }
        assertGt(proven, 3);
    }

    function testFuzz_bothHalvesOfAnEpochTellTheSame(uint64 epoch, uint64 seed) public {
        epoch = uint64(bound(epoch, 1, 1e6));
        uint64[] memory indices = _indices(seed);
        lookahead.prove(epoch, lookaheadProof(epoch * 8 - 3, true, indices));
        vm.recordLogs();
        lookahead.prove(epoch, lookaheadProof(epoch * 8 + 3, false, indices));
        assertEq(vm.getRecordedLogs().length, 0, "a second proof changes nothing");
        for (uint64 i; i < 8; ++i) {
            assertEq(lookahead.proposerAt(epoch * 8 + i), indices[i]);
        }
    }

    function test_validatorZeroAndTheLargestIndexAreIndicesLikeOthers() public {
        uint64[] memory indices = new uint64[](8);
        indices[3] = (1 << 28) - 1;
        indices[7] = (1 << 28) - 1;
        proveEpoch(0, indices);
        assertTrue(lookahead.isProven(0));
        assertEq(lookahead.proposerAt(0), 0);
        assertEq(lookahead.proposerAt(3), (1 << 28) - 1);
        assertEq(lookahead.proposerAt(4), 0);
        assertEq(lookahead.proposerAt(7), (1 << 28) - 1);
    }

    function testFuzz_anIndexThatDoesNotFitIsRefusedNotCut(uint64 index, uint64 place) public {
        index = uint64(bound(index, 1 << 28, type(uint64).max));
        uint64[] memory indices = _indices(1);
        indices[place % 8] = index;
        LookaheadProof memory proof = lookaheadProof(17, false, indices);
        vm.expectPartialRevert(ILookahead.ValidatorIndexTooLarge.selector);
        lookahead.prove(2, proof);
    }

    // --- What is refused ---

    /// After missed slots at the border the newest root is a block of the epoch before. Its timestamp says the new epoch; its slot,
    /// which is proven, does not; taken for the new epoch's state, every index would shift by an epoch.
    function test_theHeadersSlotDecidesTheEpochNotTheTimestamp() public {
        uint64[] memory indices = _indices(1);
        LookaheadProof memory proof = lookaheadProof(15, true, indices);
        // The child that published it came late, in epoch 2: slots 16 and 17 were missed.
        proof.header.rootTimestamp = timeOf(18);
        publishRoot(headerRoot(proof.header.header), 18);
        // Header slot 15 lies in epoch 1: its next half is epoch 2, never epoch 3.
        vm.expectRevert(abi.encodeWithSelector(ILookahead.HeaderOutsideEpoch.selector, 15, 3));
        lookahead.prove(3, proof);
        lookahead.prove(2, proof);
        assertEq(lookahead.proposerAt(16), indices[0]);
    }

    function testFuzz_aProofOfAnotherEpochIsRefused(uint64 headerSlot, uint64 epoch) public {
        headerSlot = uint64(bound(headerSlot, 0, 1e9));
        epoch = uint64(bound(epoch, 0, 1e9));
        vm.assume(epoch != headerSlot / 8 && epoch != headerSlot / 8 + 1);
        LookaheadProof memory proof = lookaheadProof(headerSlot, true, _indices(1));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.HeaderOutsideEpoch.selector, headerSlot, epoch));
        lookahead.prove(epoch, proof);
    }

    function test_theNextEpochsHalfDoesNotPassForThisEpochs() public {
        LookaheadProof memory proof = lookaheadProof(17, true, _indices(1));
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        lookahead.prove(2, proof);
        proof = lookaheadProof(17, false, _indices(1));
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        lookahead.prove(3, proof);
    }

    function testFuzz_anyChangedChunkOrSiblingIsRefused(uint256 place, bytes32 change) public {
        vm.assume(change != 0);
        LookaheadProof memory proof = lookaheadProof(17, false, _indices(1));
        place = bound(place, 0, 8);
        if (place < 2) proof.chunks[place] ^= change;
        else proof.branch[place - 2] ^= change;
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        lookahead.prove(2, proof);
        assertFalse(lookahead.isProven(2));
    }

    function test_aBranchOfAnotherLengthIsRefused() public {
        LookaheadProof memory proof = lookaheadProof(17, false, _indices(1));
        proof.branch = new bytes32[](8);
        vm.expectRevert(abi.encodeWithSelector(Ssz.BranchLength.selector, 7, 8));
        lookahead.prove(2, proof);
        proof.branch = new bytes32[](0);
        vm.expectRevert(abi.encodeWithSelector(Ssz.BranchLength.selector, 7, 0));
        lookahead.prove(2, proof);
    }

    function test_anUnknownBlockProvesNothing() public {
        LookaheadProof memory proof = lookaheadProof(17, false, _indices(1));
        proof.header.header.proposerIndex += 1;
        vm.expectPartialRevert(BeaconRoots.HeaderMismatch.selector);
        lookahead.prove(2, proof);
        proof.header.rootTimestamp += 12;
        vm.expectPartialRevert(BeaconRoots.BeaconRootUnknown.selector);
        lookahead.prove(2, proof);
    }

    // --- Unproven, old, round the ring ---

    /// Nothing stored is never "validator 0" or "nobody": a reader that guesses makes a second honest owner (R12).
    function test_unprovenEpochsRevert() public {
        proveEpoch(2, _indices(1));
        for (uint256 i; i < 4; ++i) {
            uint64 epoch = [uint64(0), 1, 3, 2 + 1024][i];
            vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, epoch));
            lookahead.proposerAt(epoch * 8);
            assertFalse(lookahead.isProven(epoch));
        }
    }

    function test_anEpochRoundTheRingIsNeverTakenForAnother() public {
        uint64[] memory old = _indices(1);
        uint64[] memory young = _indices(2);
        proveEpoch(5, old);
        assertEq(lookahead.proposerAt(40), old[0]);
        proveEpoch(5 + 1024, young);
        assertEq(lookahead.proposerAt((5 + 1024) * 8), young[0]);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 5));
        lookahead.proposerAt(40);
    }

    /// EIP-4788 keeps a root longer than its ring when later blocks at that place were missed.
    function test_anOldProofDoesNotOverwriteANewerEpoch() public {
        uint64[] memory young = _indices(2);
        LookaheadProof memory old = lookaheadProof(41, false, _indices(1));
        proveEpoch(5 + 1024, young);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadForgotten.selector, 5));
        lookahead.prove(5, old);
        assertEq(lookahead.proposerAt((5 + 1024) * 8), young[0]);
    }

    function test_aHistoryShorterThanEip4788sIsRefused() public {
        for (uint256 i; i < 5; ++i) {
            uint64 history = [uint64(0), 1, 512, 1023, 1536][i];
            vm.expectRevert(abi.encodeWithSelector(ILookahead.BadHistory.selector, history));
            new Lookahead(
                GENESIS_TIME,
                SLOT_SECONDS,
                8,
                history,
                IBeaconVerifiers(address(verifiers)),
                IValidatorRegistry(address(validators)),
                IGatewayRegistry(address(gateways))
            );
        }
    }

    // --- One slot by its own proof ---

    function testFuzz_aSingleSlotsProofNamesItsOwner(uint64 offset, bool nextHalf) public {
        offset = uint64(bound(offset, 0, 7));
        address rollup = rollupWith(2, 1, 0);
        uint64[] memory indices = _indices(7);
        validators.set(indices[offset], operatorNumber(1));
        gateways.set(operatorNumber(1), rollup, 11);
        SlotProof memory proof = slotProof(nextHalf ? 15 : 17, nextHalf, indices, offset);
        (uint32 gateway, uint64 window) = lookahead.ownerByProof(rollup, 16 + offset, abi.encode(proof));
        assertEq(gateway, 11);
        assertEq(window, 16 + offset);
        // What a proof of the whole epoch says afterwards is the same.
        proveEpoch(2, indices);
        (gateway, window) = lookahead.ownerAt(rollup, 16 + offset);
        assertEq(gateway, 11);
        assertEq(window, 16 + offset);
    }

    function test_aSlotProofOfAnotherSlotOrEpochIsRefused() public {
        address rollup = rollupWith(2, 1, 0);
        uint64[] memory indices = _indices(7);
        for (uint64 i; i < 8; ++i) {
            validators.set(indices[i], operatorNumber(1));
        }
        gateways.set(operatorNumber(1), rollup, 11);
        bytes memory proof = abi.encode(slotProof(17, false, indices, 2));
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        lookahead.ownerByProof(rollup, 16 + 6, proof);
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        lookahead.ownerByProof(rollup, 24 + 2, proof);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.HeaderOutsideEpoch.selector, 17, 4));
        lookahead.ownerByProof(rollup, 32 + 2, proof);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.HeaderOutsideEpoch.selector, 17, 1));
        lookahead.ownerByProof(rollup, 8 + 2, proof);
    }

    /// Who owns a slot whose proposer is nobody's depends on the slots after it: one slot's proof does not tell.
    function test_aSlotProofOfAnUnregisteredProposerIsRefused() public {
        address rollup = rollupWith(2, 1, 0);
        uint64[] memory indices = _indices(7);
        bytes memory proof = abi.encode(slotProof(17, false, indices, 2));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.ProposerNotRegistered.selector, 18, indices[2]));
        lookahead.ownerByProof(rollup, 18, proof);
        // An operator alone is not enough: its slots must be lent to an eligible gateway.
        validators.set(indices[2], operatorNumber(1));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.ProposerNotRegistered.selector, 18, indices[2]));
        lookahead.ownerByProof(rollup, 18, proof);
    }

    function test_aSlotProofBeforeTheRollupsFirstEpochIsRefused() public {
        address rollup = rollupWith(2, 1, 3);
        bytes memory proof = abi.encode(slotProof(17, false, _indices(7), 2));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.BeforeFirstEpoch.selector, 2, 3));
        lookahead.ownerByProof(rollup, 18, proof);
    }
}
