// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {AttesterResolver} from "../../src/inbox/AttesterResolver.sol";
import {IAttesterResolver} from "../../src/interfaces/IAttesterResolver.sol";
import {BatchStatus, IInbox} from "../../src/interfaces/IInbox.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Two of three bonded attesters, and the vetoer (R4). The resolver is the real one, on a real Inbox.
contract AttesterResolverTest is InboxWorld {
    uint64 private constant VETO = 30 minutes;
    uint64 private constant EXIT = 1 days;
    uint256 private constant ATTESTER_BOND = 10 ether;

    AttesterResolver private attesters;
    address private vetoer;
    address private watcher;
    uint256[3] private keys;

    function setUp() public override {
        super.setUp();
        vetoer = makeAddr("vetoer");
        watcher = makeAddr("watcher");
        keys = [uint256(21), 22, 23];
        for (uint256 i; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(keys[i]) > vm.addr(keys[j])) (keys[i], keys[j]) = (keys[j], keys[i]);
            }
        }
        attesters = new AttesterResolver(vetoer, _members(), 2, ATTESTER_BOND, VETO, EXIT);
        inbox = _deploy(_facts(), address(attesters));
        for (uint256 i; i < 3; ++i) {
            _bond(i);
        }
        postOn(0, 50, 15, KEY_A);
        disputeAs(watcher, 1);
        newTransaction();
    }

    // --- Verdicts ---

    function test_aVoidVerdictWaitsForTheVetoAndThenCounts() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 2));
        uint256 readyAt = vm.getBlockTimestamp() + VETO;
        assertStatus(1, BatchStatus.Disputed);
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotReady.selector, readyAt, readyAt - 1));
        attesters.execute(inbox, 1);
        vm.warp(readyAt);
        attesters.execute(inbox, 1);
        assertStatus(1, BatchStatus.Void);
        assertEq(inbox.creditOf(watcher), BOND);
    }

    function test_aVerdictThatTheBatchStandsCountsAtOnce() public {
        attesters.attest(inbox, 1, false, _signed(1, false, 0, 1));
        attesters.execute(inbox, 1);
        assertStatus(1, BatchStatus.Confirmed);
        assertEq(inbox.creditOf(watcher), 0);
        vm.expectRevert(abi.encodeWithSelector(IInbox.NotDisputed.selector, 1, BatchStatus.Confirmed));
        attesters.execute(inbox, 1);
    }

    function test_theFirstVerdictIsTheOnlyOne() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 1));
        bytes memory other = _signed(1, false, 0, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAttesterResolver.VerdictExists.selector, IAttesterResolver.Verdict.Void)
        );
        attesters.attest(inbox, 1, false, other);
    }

    function test_silenceIsNeverHeldAgainstTheGatewayNorTheDisputer() public {
        uint256 last = vm.getBlockTimestamp() + RESOLVER_TIME;
        vm.warp(last);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotReady.selector, last + 1, last));
        attesters.lapse(inbox, 1);
        vm.warp(last + 1);
        attesters.lapse(inbox, 1);
        assertStatus(1, BatchStatus.Confirmed);
        assertEq(inbox.creditOf(watcher), BOND);
        assertEq(inbox.record(1).gateway, A);
    }

    function test_aVoidVerdictComesInTimeForItsVetoOrNotAtAll() public {
        uint256 last = vm.getBlockTimestamp() + RESOLVER_TIME;
        bytes memory signed = _signed(1, true, 0, 1);
        vm.warp(last - VETO + 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.TooLate.selector, last, last + 1));
        attesters.attest(inbox, 1, true, signed);
        vm.warp(last - VETO);
        attesters.attest(inbox, 1, true, signed);
        // From now on nobody can let it lapse.
        vm.warp(last + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAttesterResolver.VerdictExists.selector, IAttesterResolver.Verdict.Void)
        );
        attesters.lapse(inbox, 1);
        attesters.execute(inbox, 1);
        assertStatus(1, BatchStatus.Void);
    }

    function test_aVerdictWaitsForThePastToBeConfirmed() public {
        uint32 child = postOn(1, 60, 15, KEY_A);
        disputeAs(watcher, child);
        attesters.attest(inbox, child, true, _signed(child, true, 0, 1));
        attesters.attest(inbox, 1, false, _signed(1, false, 0, 1));
        vm.warp(vm.getBlockTimestamp() + VETO);
        vm.expectRevert(abi.encodeWithSelector(IInbox.PastNotConfirmed.selector, child, 1));
        attesters.execute(inbox, child);
        attesters.execute(inbox, 1);
        attesters.execute(inbox, child);
        assertStatus(child, BatchStatus.Void);
    }

    function test_onlyDisputedBatchesGetAVerdict() public {
        uint32 child = postOn(1, 60, 15, KEY_A);
        bytes memory signed = _signed(child, true, 0, 1);
        bytes memory expected = abi.encodeWithSelector(IAttesterResolver.NoDispute.selector, inbox, child);
        vm.expectRevert(expected);
        attesters.attest(inbox, child, true, signed);
        vm.expectRevert(expected);
        attesters.lapse(inbox, child);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NoVerdict.selector, inbox, child));
        attesters.execute(inbox, child);
    }

    // --- Signatures ---

    function test_fewerThanTheThresholdAreNoVerdict() public {
        bytes memory one = _one(1, true, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.SignatureLength.selector, 130, 65));
        attesters.attest(inbox, 1, true, one);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.SignersNotAscending.selector, 1));
        attesters.attest(inbox, 1, true, bytes.concat(one, one));
        bytes memory three = bytes.concat(one, _one(1, true, 1), _one(1, true, 2));
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.SignatureLength.selector, 130, 195));
        attesters.attest(inbox, 1, true, three);
    }

    function test_aStrangersSignatureIsNone() public {
        bytes32 digest = _digest(inbox, 1, inbox.record(1).batchHash, true);
        bytes memory signed = bytes.concat(signature(777, digest), signature(778, digest));
        if (vm.addr(777) > vm.addr(778)) signed = bytes.concat(signature(778, digest), signature(777, digest));
        vm.expectPartialRevert(IAttesterResolver.NotActive.selector);
        attesters.attest(inbox, 1, true, signed);
    }

    /// What was signed about another batch, Inbox, resolver, answer, or the batch that had this id before a reorg, does not replay.
    function test_anAttestationBindsEverything() public {
        bytes32 batchHash = inbox.record(1).batchHash;
        bytes32[5] memory digests = [
            _digest(inbox, 2, batchHash, true),
            _digest(IInbox(address(this)), 1, batchHash, true),
            _digest(inbox, 1, batchHash, false),
            _digest(inbox, 1, keccak256("before the reorg"), true),
            keccak256(
                abi.encodePacked(
                    hex"1901", inbox.domainSeparator(), attesters.attestationHash(inbox, 1, batchHash, true)
                )
            )
        ];
        for (uint256 i; i < digests.length; ++i) {
            bytes memory signed = bytes.concat(signature(keys[0], digests[i]), signature(keys[1], digests[i]));
            vm.expectRevert();
            attesters.attest(inbox, 1, true, signed);
        }
    }

    function test_aMalleatedSignatureIsRefused() public {
        bytes32 digest = _digest(inbox, 1, inbox.record(1).batchHash, true);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], digest);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        bytes memory signed = bytes.concat(twin, _one(1, true, 1));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.HighS.selector, 0));
        attesters.attest(inbox, 1, true, signed);
    }

    // --- Veto ---

    function test_aVetoCancelsTheVerdictAndBurnsItsSigners() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 2));
        address[] memory signers = _pair(0, 2);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.OnlyVetoer.selector, vetoer, address(this)));
        attesters.veto(inbox, 1, signers);
        vm.prank(vetoer);
        attesters.veto(inbox, 1, signers);
        assertFalse(attesters.isActive(signers[0]));
        assertTrue(attesters.isActive(vm.addr(keys[1])));
        assertEq(address(attesters).balance, ATTESTER_BOND);
        assertEq(address(0xdEaD).balance, 2 * ATTESTER_BOND);
        vm.warp(vm.getBlockTimestamp() + VETO);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NoVerdict.selector, inbox, 1));
        attesters.execute(inbox, 1);
        attesters.lapse(inbox, 1);
        assertStatus(1, BatchStatus.Confirmed);
        assertEq(inbox.creditOf(watcher), BOND);
    }

    function test_theVetoEndsWhenTheVerdictIsReady() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 1));
        uint256 readyAt = vm.getBlockTimestamp() + VETO;
        vm.warp(readyAt);
        address[] memory signers = _pair(0, 1);
        vm.prank(vetoer);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.VetoOver.selector, readyAt, readyAt));
        attesters.veto(inbox, 1, signers);
    }

    function test_aVetoNamesTheSignersOfTheVerdict() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 1));
        address[] memory others = _pair(1, 2);
        vm.prank(vetoer);
        vm.expectPartialRevert(IAttesterResolver.WrongSigners.selector);
        attesters.veto(inbox, 1, others);
    }

    function test_aVerdictThatTheBatchStandsIsNotVetoed() public {
        attesters.attest(inbox, 1, false, _signed(1, false, 0, 1));
        address[] memory signers = _pair(0, 1);
        vm.prank(vetoer);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NoVerdict.selector, inbox, 1));
        attesters.veto(inbox, 1, signers);
    }

    // --- Bonds ---

    function test_anExitingAttesterStopsCountingAtOnceAndIsPaidLater() public {
        address leaver = vm.addr(keys[0]);
        vm.prank(leaver);
        attesters.requestExit();
        bytes memory signed = _signed(1, true, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotActive.selector, 0, leaver));
        attesters.attest(inbox, 1, true, signed);
        uint256 exitAt = vm.getBlockTimestamp() + EXIT;
        vm.warp(exitAt - 1);
        vm.prank(leaver);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.ExitNotOpen.selector, exitAt, exitAt - 1));
        attesters.completeExit(payable(leaver));
        vm.warp(exitAt);
        vm.prank(leaver);
        attesters.completeExit(payable(leaver));
        assertEq(leaver.balance, ATTESTER_BOND);
        vm.prank(leaver);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotBonded.selector, leaver));
        attesters.completeExit(payable(leaver));
    }

    function test_aSignerCannotLeaveBeforeTheVeto() public {
        attesters.attest(inbox, 1, true, _signed(1, true, 0, 1));
        vm.prank(vm.addr(keys[0]));
        attesters.requestExit();
        vm.prank(vetoer);
        attesters.veto(inbox, 1, _pair(0, 1));
        assertEq(address(0xdEaD).balance, 2 * ATTESTER_BOND);
        vm.warp(vm.getBlockTimestamp() + EXIT);
        vm.prank(vm.addr(keys[0]));
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotBonded.selector, vm.addr(keys[0])));
        attesters.completeExit(payable(watcher));
    }

    function test_whoSignsBothAnswersLosesItsBondOnce() public {
        bytes32 batchHash = inbox.record(1).batchHash;
        bytes memory yes = _one(1, true, 0);
        bytes memory no = _one(1, false, 0);
        bytes memory somebodyElse = _one(1, false, 1);
        vm.expectPartialRevert(IAttesterResolver.NotTheSameSigner.selector);
        attesters.burnForContradiction(inbox, 1, batchHash, yes, somebodyElse);
        attesters.burnForContradiction(inbox, 1, batchHash, yes, no);
        assertFalse(attesters.isActive(vm.addr(keys[0])));
        assertEq(address(0xdEaD).balance, ATTESTER_BOND);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotBonded.selector, vm.addr(keys[0])));
        attesters.burnForContradiction(inbox, 1, batchHash, yes, no);
        bytes memory trailing = bytes.concat(yes, hex"00");
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.SignatureLength.selector, 65, 66));
        attesters.burnForContradiction(inbox, 1, batchHash, trailing, no);
    }

    function test_onlyMembersBondAndExactlyOnce() public {
        vm.deal(address(this), 100 ether);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.NotAMember.selector, address(this)));
        attesters.bond{value: ATTESTER_BOND}();
        address member = vm.addr(keys[0]);
        vm.deal(member, 100 ether);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.AlreadyBonded.selector, member));
        attesters.bond{value: ATTESTER_BOND}();
        AttesterResolver fresh = new AttesterResolver(vetoer, _members(), 2, ATTESTER_BOND, VETO, EXIT);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.WrongBond.selector, ATTESTER_BOND, 1));
        fresh.bond{value: 1}();
    }

    function test_theSetIsSound() public {
        address[] memory members = _members();
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.BadMembers.selector, 3, 1));
        new AttesterResolver(vetoer, members, 1, ATTESTER_BOND, VETO, EXIT);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.BadMembers.selector, 3, 4));
        new AttesterResolver(vetoer, members, 4, ATTESTER_BOND, VETO, EXIT);
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.ExitTooShort.selector, VETO - 1, VETO));
        new AttesterResolver(vetoer, members, 2, ATTESTER_BOND, VETO, VETO - 1);
        members[1] = members[0];
        vm.expectRevert(abi.encodeWithSelector(IAttesterResolver.BadMember.selector, 1, members[0]));
        new AttesterResolver(vetoer, members, 2, ATTESTER_BOND, VETO, EXIT);
    }

    function _members() private view returns (address[] memory members) {
        members = new address[](3);
        for (uint256 i; i < 3; ++i) {
            members[i] = vm.addr(keys[i]);
        }
    }

    function _pair(uint256 i, uint256 j) private view returns (address[] memory signers) {
        signers = new address[](2);
        (signers[0], signers[1]) = (vm.addr(keys[i]), vm.addr(keys[j]));
    }

    function _bond(uint256 i) private {
        address member = vm.addr(keys[i]);
        vm.deal(member, ATTESTER_BOND);
        vm.prank(member);
        attesters.bond{value: ATTESTER_BOND}();
    }

    function _digest(IInbox of_, uint32 batchId, bytes32 batchHash, bool isVoid) private view returns (bytes32) {
        return keccak256(
            abi.encodePacked(
                hex"1901", attesters.domainSeparator(), attesters.attestationHash(of_, batchId, batchHash, isVoid)
            )
        );
    }

    function _one(uint32 batchId, bool isVoid, uint256 i) private view returns (bytes memory) {
        return signature(keys[i], _digest(inbox, batchId, inbox.record(batchId).batchHash, isVoid));
    }

    function _signed(uint32 batchId, bool isVoid, uint256 i, uint256 j) private view returns (bytes memory) {
        return bytes.concat(_one(batchId, isVoid, i), _one(batchId, isVoid, j));
    }
}
