// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// Keys and sets (R15): possession, uniqueness for ever, rotation at a distance.
contract GatewayKeysTest is BondsWorld {
    address private stranger = makeAddr("stranger");

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
    }

    /// A set over `keys` accounts in ascending order, with everybody's possession for `owner_`.
    function setWith(uint256 count, uint8 threshold, uint256 salt, address owner_)
        private
        view
        returns (CommitterSet memory set, bytes[] memory possessions)
    {
        uint256[] memory keys = new uint256[](count);
        set.threshold = threshold;
        set.members = new address[](count);
        for (uint256 i; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode(salt, i))) >> 1;
            address member = vm.addr(key);
            uint256 place = i;
            for (; place > 0 && set.members[place - 1] > member; --place) {
                set.members[place] = set.members[place - 1];
                keys[place] = keys[place - 1];
            }
            set.members[place] = member;
            keys[place] = key;
        }
        bytes32 digest = possessionDigest(owner_, set);
        possessions = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            possessions[i] = signature(keys[i], digest);
        }
    }

    function test_idsRunFromOne() public {
        assertEq(registerGateway(owner, "a"), 1);
        assertEq(registerGateway(owner, "b"), 2);
        assertEq(registry.ownerOf(1), owner);
        assertEq(registry.ownerOf(3), address(0));
        assertEq(registry.gatewayOfSet(MessageHashes.hash(setOf(committer))), 0);
    }

    function test_aSetSignsTwoEpochsLater() public {
        uint32 gateway = registerGateway(owner, "committer");
        bytes32 setHash = MessageHashes.hash(setOf(committer));
        assertEq(registry.gatewayOfSet(setHash), gateway);
        assertEq(registry.committerSetAt(gateway, NOW_EPOCH + 1), bytes32(0));
        assertEq(registry.committerSetAt(gateway, NOW_EPOCH + 2), setHash);
        assertEq(registry.committerSetAt(99, NOW_EPOCH + 2), bytes32(0));
    }

    function test_rotationTakesEffectTwoEpochsLaterAndHistoryStays() public {
        uint32 gateway = registerGateway(owner, "committer");
        toEpoch(20);
        (CommitterSet memory set, bytes[] memory possessions) = setWith(3, 2, 1, owner);
        vm.prank(owner);
        registry.rotate(gateway, set, possessions);
        bytes32 first = MessageHashes.hash(setOf(committer));
        assertEq(registry.committerSetAt(gateway, 21), first);
        assertEq(registry.committerSetAt(gateway, 22), MessageHashes.hash(set));
        toEpoch(2000);
        assertEq(registry.committerSetAt(gateway, 21), first);
        assertEq(registry.gatewayOfSet(first), gateway, "for ever");
        assertEq(registry.gatewayOfKey(committer), gateway);
    }

    function test_anEarlierSetMayComeBack() public {
        uint32 gateway = registerGateway(owner, "committer");
        toEpoch(20);
        (CommitterSet memory set, bytes[] memory possessions) = setWith(1, 1, 1, owner);
        vm.prank(owner);
        registry.rotate(gateway, set, possessions);
        toEpoch(30);
        bytes[] memory again = possessionBy(committerKey, owner, setOf(committer));
        vm.prank(owner);
        registry.rotate(gateway, setOf(committer), again);
        assertEq(registry.committerSetAt(gateway, 31), MessageHashes.hash(set));
        assertEq(registry.committerSetAt(gateway, 32), MessageHashes.hash(setOf(committer)));
    }

    function test_aKeyOfAnotherGatewayIsRefusedForEver() public {
        uint32 gateway = registerGateway(owner, "committer");
        toEpoch(20);
        (CommitterSet memory other, bytes[] memory others) = setWith(1, 1, 1, owner);
        vm.prank(owner);
        registry.rotate(gateway, other, others);
        toEpoch(1000);
        bytes[] memory possessions = possessionBy(committerKey, stranger, setOf(committer));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.KeyTaken.selector, committer, gateway));
        registry.register(setOf(committer), possessions, "");
    }

    function test_aKeyThatWasNotPossessedIsRefused() public {
        (, uint256 otherKey) = makeAddrAndKey("other");
        bytes[] memory possessions = possessionBy(otherKey, owner, setOf(committer));
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotPossessed.selector, 0, committer, vm.addr(otherKey)));
        registry.register(setOf(committer), possessions, "");
    }

    /// A copied registration: the same signatures from the mempool, another sender.
    function test_possessionsNameTheirOwnerAndCannotBeFrontRun() public {
        bytes[] memory possessions = possessionBy(committerKey, owner, setOf(committer));
        vm.prank(stranger);
        vm.expectPartialRevert(IGatewayRegistry.NotPossessed.selector);
        registry.register(setOf(committer), possessions, "");
    }

    function test_possessionsBindTheChain() public {
        bytes[] memory possessions = possessionBy(committerKey, owner, setOf(committer));
        vm.chainId(17_000);
        vm.prank(owner);
        vm.expectPartialRevert(IGatewayRegistry.NotPossessed.selector);
        registry.register(setOf(committer), possessions, "");
    }

    function test_possessionsBindTheSet() public {
        (CommitterSet memory set, bytes[] memory possessions) = setWith(2, 2, 1, owner);
        set.threshold = 1;
        vm.prank(owner);
        vm.expectPartialRevert(IGatewayRegistry.NotPossessed.selector);
        registry.register(set, possessions, "");
    }

    function test_malleableAndMalformedPossessionsAreRefused() public {
        bytes[] memory possessions = possessionBy(committerKey, owner, setOf(committer));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(committerKey, possessionDigest(owner, setOf(committer)));
        bytes32 high = bytes32(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - uint256(s));
        possessions[0] = abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27));
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.HighS.selector, 0));
        registry.register(setOf(committer), possessions, "");
        possessions[0] = abi.encodePacked(r, s, v, uint8(0));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 65, 66));
        registry.register(setOf(committer), possessions, "");
        possessions[0] = abi.encodePacked(r, s, uint8(0));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.BadV.selector, 0, 0));
        registry.register(setOf(committer), possessions, "");
    }

    function test_zeroMembersAreRefusedEvenWithASignatureThatRecoversToNobody() public {
        CommitterSet memory set = setOf(address(0));
        bytes[] memory possessions = new bytes[](1);
        possessions[0] = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.MembersNotAscending.selector, 0));
        registry.register(set, possessions, "");
    }

    function test_setsHaveOneToSixteenMembersAndAThresholdAmongThem() public {
        (CommitterSet memory set, bytes[] memory possessions) = setWith(16, 11, 1, owner);
        vm.prank(owner);
        assertEq(registry.register(set, possessions, ""), 1);
        (set, possessions) = setWith(17, 11, 2, owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.SetSize.selector, 17, 11));
        registry.register(set, possessions, "");
        (set, possessions) = setWith(2, 3, 2, owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.SetSize.selector, 2, 3));
        registry.register(set, possessions, "");
        (set, possessions) = setWith(2, 0, 2, owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.SetSize.selector, 2, 0));
        registry.register(set, possessions, "");
        (set, possessions) = setWith(2, 1, 2, owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.PossessionCount.selector, 0, 2));
        registry.register(set, new bytes[](0), "");
        set.members[1] = set.members[0];
        vm.expectPartialRevert(IGatewayRegistry.NotPossessed.selector);
        registry.register(set, possessions, "");
    }

    function test_duplicateMembersAreRefused() public {
        CommitterSet memory set = setOf(committer);
        set.members = new address[](2);
        set.members[0] = committer;
        set.members[1] = committer;
        bytes[] memory possessions = new bytes[](2);
        possessions[0] = signature(committerKey, possessionDigest(owner, set));
        possessions[1] = possessions[0];
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.MembersNotAscending.selector, 1));
        registry.register(set, possessions, "");
    }

    function test_onlyTheOwnerRotatesAndAnnounces() public {
        uint32 gateway = registerGateway(owner, "committer");
        (CommitterSet memory set, bytes[] memory possessions) = setWith(1, 1, 1, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotTheOwner.selector, gateway, stranger, owner));
        registry.rotate(gateway, set, possessions);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotTheOwner.selector, gateway, stranger, owner));
        registry.announce(gateway, "https://elsewhere.example");
        vm.stopPrank();
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.EndpointLength.selector, 257, 256));
        registry.announce(gateway, string(new bytes(257)));
    }

    function test_anUnknownGatewayHasNoOwnerToActForIt() public {
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotTheOwner.selector, 7, address(this), address(0)));
        registry.join(7, rollup);
    }
}
