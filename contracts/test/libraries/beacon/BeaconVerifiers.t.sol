// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../../src/interfaces/IBeaconLayout.sol";
import {IBeaconVerifiers} from "../../../src/interfaces/IBeaconVerifiers.sol";
import {BeaconVerifiers} from "../../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../../src/libraries/beacon/FuluLayout.sol";
import {SlotPresenceProof} from "../../../src/types/Proofs.sol";
import {BeaconChain} from "../../support/beacon/BeaconChain.sol";

contract BeaconVerifiersTest is BeaconChain {
    uint64 private constant NOTICE = 100;
    address private constant GOVERNOR = address(0x60);

    BeaconVerifiers private minimal;
    BeaconVerifiers private mainnet;
    FuluLayout private fulu;

    function setUp() public {
        installBeaconRoots();
        fulu = new FuluLayout(8);
        minimal = new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 8, 0, fulu, GOVERNOR, NOTICE);
        mainnet = new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 32, 0, new FuluLayout(32), GOVERNOR, NOTICE);
    }

    // --- Was there a block? ---

    function test_presenceOfTheSpecificationsSlotsIsKnown() public {
        (uint256 missed, uint256 present) = _askAll("minimal", minimal);
        assertGt(missed, 0);
        assertGt(present, 0);
        (missed, present) = _askAll("mainnet", mainnet);
        assertGt(missed, 0);
        assertGt(present, 0);
    }

    function _askAll(string memory preset, BeaconVerifiers verifiers) private returns (uint256 missed, uint256 present) {
        string memory json = fixture(string.concat("beacon/", preset, "/proofs.json"));
        for (uint256 i; i < count(json, "presence"); ++i) {
            SlotPresenceProof memory proof = presenceFrom(json, item("presence", i));
            bool expected = vm.parseJsonBool(json, string.concat(item("presence", i), ".missed"));
            assertEq(verifiers.wasMissed(proof), expected);
            if (expected) ++missed;
            else ++present;
        }
    }

    /// A presence proof over a state of which only two neighbouring ring places are known.
    function _presence(uint64 headerSlot, uint64 slot, bytes32 rootBefore, bytes32 rootAt)
        private
        returns (SlotPresenceProof memory proof)
    {
        (uint256 left, uint256 right) = (69 * 64 + (slot + 63) % 64, 69 * 64 + slot % 64);
        proof.slot = slot;
        (proof.rootBefore, proof.rootAt) = (rootBefore, rootAt);
        bytes32 stateRoot;
        if (left % 2 == 0) {
            (stateRoot, proof.branchBefore) = stateWith(rootBefore, left);
            proof.branchBefore[0] = rootAt;
            proof.branchAt = abi.decode(abi.encode(proof.branchBefore), (bytes32[]));
            proof.branchAt[0] = rootBefore;
            stateRoot = fold(rootBefore, proof.branchBefore, left);
        } else {
            // Neighbours that meet higher up: put both leaves into one whole ring.
            bytes32[] memory ring = new bytes32[](64);
            ring[left % 64] = rootBefore;
            ring[right % 64] = rootAt;
            (stateRoot, proof.branchBefore) = _inRing(ring, left % 64);
            (, proof.branchAt) = _inRing(ring, right % 64);
        }
        proof.header = publish(headerSlot, stateRoot);
    }

    function _inRing(bytes32[] memory ring, uint256 place) private pure returns (bytes32 root, bytes32[] memory branch) {
        branch = new bytes32[](12);
        bytes32 leaf = ring[place];
        uint256 gindex = 69 * 64 + place;
        for (uint256 level; level < 6; ++level) {
            branch[level] = ring[place ^ 1];
            bytes32[] memory parents = new bytes32[](ring.length / 2);
            for (uint256 i; i < parents.length; ++i) {
                parents[i] = sha256(abi.encode(ring[2 * i], ring[2 * i + 1]));
            }
            (ring, place) = (parents, place / 2);
        }
        root = fold(leaf, branch, gindex);
    }

    function testFuzz_equalRootsMeanMissedAndDifferentOnesMeanPresent(uint64 slot, bool missed) public {
        slot = uint64(bound(slot, 40, 99));
        bytes32 root = _sibling();
        SlotPresenceProof memory proof = _presence(100, slot, root, missed ? root : _sibling());
        assertEq(minimal.wasMissed(proof), missed);
    }

    function test_slotsWhoseRingPlacesHoldAnotherLapAreRefused() public {
        // A state at slot 100 holds 36 to 99, so 37 is the first slot with both neighbours.
        bytes32 root = _sibling();
        assertTrue(minimal.wasMissed(_presence(100, 37, root, root)));
        assertTrue(minimal.wasMissed(_presence(100, 99, root, root)));
        for (uint256 i; i < 5; ++i) {
            uint64 slot = [uint64(36), 100, 101, 0, type(uint64).max][i];
            SlotPresenceProof memory proof = _presence(100, 64, root, root);
            proof.slot = slot;
            vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.SlotOutsideBlockRoots.selector, slot, 100, 64));
            minimal.wasMissed(proof);
        }
    }

    /// The same two roots at any other slot prove nothing.
    function testFuzz_aPresenceProofOfAnotherSlotIsRefused(uint64 slot) public {
        slot = uint64(bound(slot, 37, 99));
        vm.assume(slot != 64);
        SlotPresenceProof memory proof = _presence(100, 64, _sibling(), _sibling());
        proof.slot = slot;
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        minimal.wasMissed(proof);
    }

    // --- The table ---

    /// Answers nothing but its preset: only its address matters here.
    function _anotherLayout() private returns (FuluLayout) {
        return new FuluLayout(8);
    }

    function test_theLayoutIsChosenByTheStatesEpoch() public {
        vm.warp(timeOf(80));
        FuluLayout gloas = _anotherLayout();
        FuluLayout after_ = _anotherLayout();
        vm.startPrank(GOVERNOR);
        minimal.append(10 + NOTICE + 1, gloas);
        minimal.append(10 + NOTICE + 50, after_);
        vm.stopPrank();
        uint64[6] memory epochs = [uint64(0), 110, 111, 159, 160, 1e9];
        FuluLayout[6] memory expected = [fulu, fulu, gloas, gloas, after_, after_];
        for (uint256 i; i < 6; ++i) {
            assertEq(address(minimal.layoutAt(epochs[i])), address(expected[i]));
        }
    }

    /// The layout of an epoch is for ever: nothing present or past can be re-read by another one.
    function test_aLayoutIsAnnouncedAheadAndNeverReplaced() public {
        vm.warp(timeOf(80));
        FuluLayout gloas = _anotherLayout();
        vm.startPrank(GOVERNOR);
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.ForkTooEarly.selector, 111, 110));
        minimal.append(110, gloas);
        minimal.append(200, gloas);
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.ForkTooEarly.selector, 201, 200));
        minimal.append(200, fulu);
    }

    function test_onlyTheGovernorAppends() public {
        FuluLayout gloas = _anotherLayout();
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.NotGovernor.selector, address(this), GOVERNOR));
        minimal.append(1000, gloas);
    }

    function test_aLayoutOfTheOtherPresetIsRefused() public {
        vm.warp(timeOf(80));
        FuluLayout other = new FuluLayout(32);
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.LayoutForOtherPreset.selector, 8, 32));
        vm.prank(GOVERNOR);
        minimal.append(1000, other);
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.LayoutForOtherPreset.selector, 8, 32));
        new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 8, 0, other, GOVERNOR, NOTICE);
    }

    function test_statesBeforeTheFirstLayoutAreRefused() public {
        BeaconVerifiers late = new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 8, 5, fulu, GOVERNOR, NOTICE);
        vm.expectRevert(abi.encodeWithSelector(IBeaconVerifiers.NoLayout.selector, 4));
        late.layoutAt(4);
        assertEq(address(late.layoutAt(5)), address(fulu));
    }
}
