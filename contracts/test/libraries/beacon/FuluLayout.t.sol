// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../../src/interfaces/IBeaconLayout.sol";
import {FuluLayout} from "../../../src/libraries/beacon/FuluLayout.sol";
import {Ssz} from "../../../src/libraries/beacon/Ssz.sol";
import {LookaheadProof, SlotPresenceProof, SlotProof, ValidatorProof} from "../../../src/types/Proofs.sol";
import {BeaconChain} from "../../support/beacon/BeaconChain.sol";

/// The layout against states of the consensus specification's own code, and against everything that is nearly right.
contract FuluLayoutTest is BeaconChain {
    FuluLayout private mainnet;
    FuluLayout private minimal;

    function setUp() public {
        installBeaconRoots();
        mainnet = new FuluLayout(32);
        minimal = new FuluLayout(8);
    }

    // --- The oracle's proofs ---

    function test_lookaheadHalvesOfTheSpecificationAreAccepted() public {
        assertGt(_acceptLookaheads("minimal", minimal), 3);
        assertGt(_acceptLookaheads("mainnet", mainnet), 3);
    }

    function test_lookaheadChunksOfTheSpecificationAreAccepted() public {
        assertGt(_acceptChunks("minimal", minimal), 3);
        assertGt(_acceptChunks("mainnet", mainnet), 3);
    }

    function test_validatorsOfTheSpecificationAreAccepted() public {
        assertGt(_acceptValidators("minimal", minimal), 3);
        assertGt(_acceptValidators("mainnet", mainnet), 3);
    }

    function test_blockRootsOfTheSpecificationAreAccepted() public {
        assertGt(_acceptBlockRoots("minimal", minimal), 3);
        assertGt(_acceptBlockRoots("mainnet", mainnet), 3);
    }

    function _acceptLookaheads(string memory preset, FuluLayout places) private returns (uint256 size) {
        string memory json = fixture(string.concat("beacon/", preset, "/proofs.json"));
        size = count(json, "lookahead");
        for (uint256 i; i < size; ++i) {
            string memory key = item("lookahead", i);
            LookaheadProof memory proof = lookaheadFrom(json, key);
            // The oracle also proves the whole vector, which no contract asks for.
            if (proof.branch.length != 7) continue;
            bool next = keccak256(bytes(vm.parseJsonString(json, string.concat(key, ".part")))) == keccak256("next");
            places.checkLookaheadHalf(proof.header.header.stateRoot, next, proof.chunks, proof.branch);
            // The same branch for the other half is refused.
            vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
            places.checkLookaheadHalf(proof.header.header.stateRoot, !next, proof.chunks, proof.branch);
        }
    }

    function _acceptChunks(string memory preset, FuluLayout places) private returns (uint256 size) {
        string memory json = fixture(string.concat("beacon/", preset, "/proofs.json"));
        size = count(json, "slots");
        uint64 perEpoch = places.slotsPerEpoch();
        for (uint256 i; i < size; ++i) {
            string memory key = item("slots", i);
            SlotProof memory proof = slotFrom(json, key);
            uint64 slot = uint64(vm.parseJsonUint(json, string.concat(key, ".slot")));
            bool next = slot / perEpoch == proof.header.header.slot / perEpoch + 1;
            bytes32 state = proof.header.header.stateRoot;
            places.checkLookaheadChunk(state, next, slot % perEpoch, proof.chunk, proof.branch);
            vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
            places.checkLookaheadChunk(state, next, (slot + 4) % perEpoch, proof.chunk, proof.branch);
        }
    }

    function _acceptValidators(string memory preset, FuluLayout places) private returns (uint256 size) {
        string memory json = fixture(string.concat("beacon/", preset, "/proofs.json"));
        size = count(json, "validators");
        for (uint256 i; i < size; ++i) {
            ValidatorProof memory proof = validatorFrom(json, item("validators", i));
            bytes32 state = proof.header.header.stateRoot;
            places.checkValidator(
                state, proof.validatorIndex, proof.pubkeyRoot, proof.withdrawalCredentials, proof.branch
            );
            vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
            places.checkValidator(
                state, proof.validatorIndex + 1, proof.pubkeyRoot, proof.withdrawalCredentials, proof.branch
            );
        }
    }

    function _acceptBlockRoots(string memory preset, FuluLayout places) private returns (uint256 size) {
        string memory json = fixture(string.concat("beacon/", preset, "/proofs.json"));
        size = count(json, "presence");
        for (uint256 i; i < size; ++i) {
            SlotPresenceProof memory proof = presenceFrom(json, item("presence", i));
            bytes32 state = proof.header.header.stateRoot;
            places.checkBlockRoot(state, proof.slot - 1, proof.rootBefore, proof.branchBefore);
            places.checkBlockRoot(state, proof.slot, proof.rootAt, proof.branchAt);
            uint64 elsewhere = proof.slot + places.slotsPerHistoricalRoot() / 2;
            vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
            places.checkBlockRoot(state, elsewhere, proof.rootAt, proof.branchAt);
        }
    }

    // --- Depth and index are pinned ---

    /// A branch one step longer proves the child: validator 2v, or a field of a validator, would pass as v.
    function testFuzz_validatorTwoVDoesNotPassAsV(uint64 v) public {
        v = uint64(bound(v, 1, 2 ** 39 - 1));
        (bytes32 pubkeyRoot, bytes32 credentials) = (_sibling(), _sibling());
        bytes32 node = sha256(abi.encode(pubkeyRoot, credentials));
        // 2v at one level further down than v: the tree of a list twice as long.
        (bytes32 stateRoot, bytes32[] memory branch) = stateWith(node, validatorGindex(v) * 2);
        vm.expectRevert(abi.encodeWithSelector(Ssz.BranchLength.selector, 49, 50));
        mainnet.checkValidator(stateRoot, v, pubkeyRoot, credentials, branch);
        vm.expectRevert(abi.encodeWithSelector(Ssz.BranchLength.selector, 49, 50));
        mainnet.checkValidator(stateRoot, 2 * v, pubkeyRoot, credentials, branch);
    }

    /// An inner node shown as a leaf: one step shorter.
    function testFuzz_aShorterBranchIsRefused(uint64 v) public {
        v = uint64(bound(v, 0, 2 ** 40 - 1));
        (bytes32 pubkeyRoot, bytes32 credentials) = (_sibling(), _sibling());
        bytes32 node = sha256(abi.encode(pubkeyRoot, credentials));
        (bytes32 stateRoot, bytes32[] memory branch) = stateWith(node, validatorGindex(v) / 2);
        vm.expectRevert(abi.encodeWithSelector(Ssz.BranchLength.selector, 49, 48));
        mainnet.checkValidator(stateRoot, v, pubkeyRoot, credentials, branch);
    }

    function testFuzz_aValidatorProvesOnlyItself(uint64 v, uint64 other) public {
        v = uint64(bound(v, 0, 2 ** 40 - 1));
        other = uint64(bound(other, 0, 2 ** 40 - 1));
        vm.assume(v != other);
        (bytes32 pubkeyRoot, bytes32 credentials) = (_sibling(), _sibling());
        (bytes32 stateRoot, bytes32[] memory branch) =
            stateWith(sha256(abi.encode(pubkeyRoot, credentials)), validatorGindex(v));
        mainnet.checkValidator(stateRoot, v, pubkeyRoot, credentials, branch);
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        mainnet.checkValidator(stateRoot, other, pubkeyRoot, credentials, branch);
        // Leaves in the other order are the wrong leaves.
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        mainnet.checkValidator(stateRoot, v, credentials, pubkeyRoot, branch);
    }

    /// 2^40 + v would carry into the bits above and name a node beside the list.
    function test_anIndexBeyondTheListIsRefused() public {
        bytes32[] memory branch = new bytes32[](49);
        for (uint256 i; i < 3; ++i) {
            uint64 index = [uint64(2 ** 40), 2 ** 41 + 5, type(uint64).max][i];
            vm.expectRevert(abi.encodeWithSelector(IBeaconLayout.ValidatorIndexTooLarge.selector, index));
            mainnet.checkValidator(0, index, 0, 0, branch);
        }
    }

    function test_aSlotOutsideTheEpochIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IBeaconLayout.SlotOutsideEpoch.selector, 32, 32));
        mainnet.checkLookaheadChunk(0, false, 32, 0, new bytes32[](10));
        vm.expectRevert(abi.encodeWithSelector(IBeaconLayout.SlotOutsideEpoch.selector, 8, 8));
        minimal.checkLookaheadChunk(0, false, 8, 0, new bytes32[](8));
    }

    function test_aHalfOfAnotherNumberOfChunksIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Ssz.ChunkCount.selector, 8, 2));
        mainnet.checkLookaheadHalf(0, false, new bytes32[](2), new bytes32[](7));
        vm.expectRevert(abi.encodeWithSelector(Ssz.ChunkCount.selector, 2, 0));
        minimal.checkLookaheadHalf(0, false, new bytes32[](0), new bytes32[](7));
        // The whole vector's root with a branch one step shorter.
        vm.expectRevert(abi.encodeWithSelector(Ssz.ChunkCount.selector, 2, 4));
        minimal.checkLookaheadHalf(0, false, new bytes32[](4), new bytes32[](6));
    }

    function test_onlyTheTwoPresetsExist() public {
        for (uint64 slots; slots < 40; ++slots) {
            if (slots == 8 || slots == 32) continue;
            vm.expectRevert(abi.encodeWithSelector(IBeaconLayout.UnknownPreset.selector, slots));
            new FuluLayout(slots);
        }
        assertEq(mainnet.slotsPerHistoricalRoot(), 8192);
        assertEq(minimal.slotsPerHistoricalRoot(), 64);
    }

    function testFuzz_rootsOfChunksAreThoseOfAPlainTree(uint64[32] memory raw) public {
        uint64[] memory indices = new uint64[](32);
        for (uint256 i; i < 32; ++i) {
            indices[i] = raw[i];
        }
        bytes32[] memory chunks = chunksOf(indices);
        (bytes32 stateRoot, bytes32[] memory branch) = stateWith(treeRoot(chunks), 203);
        mainnet.checkLookaheadHalf(stateRoot, true, chunks, branch);
        chunks[raw[0] % 8] ^= bytes32(uint256(1));
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        mainnet.checkLookaheadHalf(stateRoot, true, chunks, branch);
    }
}
