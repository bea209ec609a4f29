// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Accusation, ForkEvidence, SignedMessage} from "../../src/slashing/Evidence.sol";
import {Contradiction, ForkJudge} from "../../src/slashing/ForkJudge.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Base, Frag, Seal} from "../../src/types/Messages.sol";
import {Terms} from "../../src/types/Terms.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

contract ForkJudgeTest is SlashingWorld {
    function evidence(SignedMessage memory a, SignedMessage memory b) internal view returns (bytes memory) {
        return abi.encode(ForkEvidence(accuse(A), a, b));
    }

    function expectKind(SignedMessage memory a, SignedMessage memory b, Contradiction kind) internal view {
        assertEq(uint8(forkJudge.contradiction(evidence(a, b))), uint8(kind));
        assertEq(uint8(forkJudge.contradiction(evidence(b, a))), uint8(kind));
        Fault memory fault = forkJudge.judge(evidence(a, b));
        assertEq(uint8(fault.kind), uint8(FaultKind.Fork));
        assertEq(fault.id, FaultIds.underBase(FaultKind.Fork, A, rollup, MessageHashes.hash(baseOf(A))));
        assertEq(fault.id, forkJudge.judge(evidence(b, a)).id);
        assertEq(fault.amountWei, 1000 ether);
        assertEq(fault.gateway, A);
        assertEq(fault.window, WINDOW);
    }

    function expectHonest(SignedMessage memory a, SignedMessage memory b) internal {
        expectRefused(forkJudge, evidence(a, b), IEvidence.NoContradiction.selector);
        expectRefused(forkJudge, evidence(b, a), IEvidence.NoContradiction.selector);
    }

    // --- R2 (a)-(e) ---

    function test_twoFragsOfOneSequenceAreAFork() public view {
        Frag memory other = fragOf(A, 101, 5);
        other.promisesRoot = keccak256("another branch");
        expectKind(signed(A, fragOf(A, 101, 5)), signed(A, other), Contradiction.SameSequence);
    }

    function test_twoFragsBehindOnePredecessorAreAFork() public view {
        Frag memory other = fragOf(A, 101, 6);
        other.previousFrag = fragOf(A, 101, 5).previousFrag;
        expectKind(signed(A, fragOf(A, 101, 5)), signed(A, other), Contradiction.SamePredecessor);
    }

    function test_eachFieldOfABlockMustBeEqualInAllItsFrags() public view {
        for (uint256 field; field < 5; ++field) {
            Frag memory other = fragOf(A, 101, 6);
            if (field == 0) other.timestamp += 1;
            if (field == 1) other.l1OriginNumber += 1;
            if (field == 2) other.l1OriginHash = keccak256("another origin");
            if (field == 3) other.orderingRule = 1;
            if (field == 4) other.blockEnv = keccak256("another env");
            expectKind(signed(A, fragOf(A, 101, 5)), signed(A, other), Contradiction.BlockFields);
        }
    }

    function test_twoSealsOfOneBlockAreAFork() public view {
        Seal memory other = sealOf(A, 101, 5);
        other.blockHash = keccak256("another block");
        expectKind(signed(A, sealOf(A, 101, 5)), signed(A, other), Contradiction.TwoSeals);
    }

    /// R2: the fork at a block border that equal keys do not show.
    function test_aSealAndAFragThatCannotBothBeTrueAreAFork() public view {
        Seal memory seal = sealOf(A, 101, 5);
        // Sealed at 5, continued at 6 in the same block.
        expectKind(signed(A, seal), signed(A, fragOf(A, 101, 6)), Contradiction.SealAgainstFrag);
        // A later block at a sequence not later.
        expectKind(signed(A, seal), signed(A, fragOf(A, 102, 4)), Contradiction.SealAgainstFrag);
        // An earlier block at a later sequence.
        expectKind(signed(A, seal), signed(A, fragOf(A, 100, 6)), Contradiction.SealAgainstFrag);
        // The last frag has another hash.
        expectKind(signed(A, seal), signed(A, fragOf(A, 101, 5)), Contradiction.SealAgainstFrag);
    }

    function test_sequencesThatRunAgainstTheirBlocksAreAFork() public view {
        expectKind(signed(A, fragOf(A, 101, 5)), signed(A, fragOf(A, 102, 4)), Contradiction.OutOfOrder);
        expectKind(signed(A, sealOf(A, 101, 5)), signed(A, sealOf(A, 102, 5)), Contradiction.OutOfOrder);
    }

    function test_anythingBehindTheEndOfTheWindowIsAFork() public view {
        Seal memory end = sealOf(A, 101, 5);
        end.endOfWindow = true;
        expectKind(signed(A, end), signed(A, fragOf(A, 102, 6)), Contradiction.AfterEnd);
        expectKind(signed(A, end), signed(A, sealOf(A, 102, 6)), Contradiction.AfterEnd);
    }

    // --- Two Bases ---

    function twoBases(Base memory a, Base memory b) internal view returns (bytes memory) {
        if (MessageHashes.hash(b) < MessageHashes.hash(a)) (a, b) = (b, a);
        return abi.encode(ForkEvidence(accuse(A, a), signed(A, a), signed(A, b)));
    }

    function test_twoBasesOfOneWindowAreAFork() public view {
        Base memory other = baseOf(A);
        other.parentBlockHash = keccak256("elsewhere");
        Fault memory fault = forkJudge.judge(twoBases(baseOf(A), other));
        assertEq(uint8(fault.kind), uint8(FaultKind.Fork));
    }

    function test_attemptsNoughtAndOneSideBySideAreNoForkByThemselves() public {
        Base memory other = baseOf(A);
        other.attempt = 1;
        expectRefused(forkJudge, twoBases(baseOf(A), other), IEvidence.NoContradiction.selector);
    }

    function test_aThirdAttemptIsAFork() public view {
        Base memory other = baseOf(A);
        other.attempt = 2;
        forkJudge.judge(twoBases(baseOf(A), other));
    }

    function test_basesOfTwoWindowsAreNoFork() public {
        Base memory other = baseOf(A);
        other.window += 32;
        expectRefused(
            forkJudge,
            abi.encode(ForkEvidence(accuse(A), signed(A, baseOf(A)), signed(A, other))),
            IEvidence.NoContradiction.selector
        );
    }

    /// R10, pitfall: the same fault slashed twice through changed evidence.
    function test_theSameTwoBasesSwappedAreNotASecondFault() public {
        Base memory a = baseOf(A);
        Base memory b = baseOf(A);
        b.parentBlockHash = keccak256("elsewhere");
        if (MessageHashes.hash(b) < MessageHashes.hash(a)) (a, b) = (b, a);
        bytes memory swapped = abi.encode(ForkEvidence(accuse(A, b), signed(A, b), signed(A, a)));
        expectRefused(forkJudge, swapped, ForkJudge.NotTheLowerBase.selector);
    }

    // --- Honest twins ---

    function test_anHonestChainIsNeverAFork() public {
        Frag memory last = fragOf(A, 101, 5);
        Seal memory seal = sealOf(A, 101, 5);
        seal.lastFrag = MessageHashes.hash(last);
        Seal memory end = sealOf(A, 102, 7);
        end.endOfWindow = true;
        expectHonest(signed(A, fragOf(A, 101, 4)), signed(A, last));
        expectHonest(signed(A, last), signed(A, fragOf(A, 102, 6)));
        expectHonest(signed(A, seal), signed(A, last));
        expectHonest(signed(A, seal), signed(A, fragOf(A, 101, 4)));
        expectHonest(signed(A, seal), signed(A, fragOf(A, 102, 6)));
        expectHonest(signed(A, seal), signed(A, end));
        expectHonest(signed(A, end), signed(A, last));
        expectHonest(signed(A, baseOf(A)), signed(A, last));
    }

    /// R17, pitfall: the object is the message, not its signature.
    function test_oneMessageSignedTwiceIsNoFork() public {
        expectHonest(signed(A, fragOf(A, 101, 5)), signed(A, fragOf(A, 101, 5)));
        expectHonest(signed(A, sealOf(A, 101, 5)), signed(A, sealOf(A, 101, 5)));
    }

    /// R2: blocks that were lost are sequenced again, differently, in a later window.
    function test_honestResequencingInALaterWindowIsNoFork() public {
        Base memory later = baseOf(A);
        later.window += 16;
        bytes memory e = evidence(signed(A, fragOf(A, 105, 5)), signed(A, fragUnder(later, 105, 5)));
        expectRefused(forkJudge, e, IEvidence.OtherBase.selector);
    }

    // --- Who signed, where, when ---

    function forked() internal view returns (SignedMessage memory a, SignedMessage memory b) {
        Frag memory other = fragOf(A, 101, 5);
        other.promisesRoot = keccak256("another branch");
        return (signed(A, fragOf(A, 101, 5)), signed(A, other));
    }

    function test_aSignatureByAnotherGatewayProvesNothing() public {
        (SignedMessage memory a,) = forked();
        Frag memory other = fragOf(A, 101, 5);
        other.gasUsed = 1;
        expectRefused(forkJudge, evidence(a, signed(B, other)), CommitterSignatures.NotAMember.selector);
    }

    /// Pitfall: a promise that binds no contract replays onto another rollup.
    function test_messagesOfAnotherRollupProveNothing() public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        Accusation memory other = accuse(A);
        other.rollup = makeAddr("another rollup");
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), CommitterSignatures.NotAMember.selector);
    }

    function test_messagesOfAnotherChainProveNothing() public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        vm.chainId(5);
        expectRefused(forkJudge, evidence(a, b), CommitterSignatures.NotAMember.selector);
    }

    function test_aSetThatDoesNotSignForTheGatewayIsRefused() public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        Accusation memory other = accuse(A);
        other.gateway = B;
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), IEvidence.NotTheCommitterSet.selector);
        other.gateway = 77;
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), IEvidence.NotTheCommitterSet.selector);
        other = accuse(A);
        other.set.threshold = 2;
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), IEvidence.NotTheCommitterSet.selector);
        other.set.members = new address[](17);
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), IEvidence.SetTooLarge.selector);
    }

    /// Pitfall: only the latest key is kept, so that nobody knows who could sign back then.
    function test_theSetOfTheWindowsEpochSignsWhateverCameLater() public {
        (, uint256 newKey) = makeAddrAndKey("new key of A");
        registry.rotate(A, WINDOW / 32 + 1, MessageHashes.hash(setOf(newKey)));
        (SignedMessage memory a, SignedMessage memory b) = forked();
        forkJudge.judge(evidence(a, b));
        registry.rotate(A, WINDOW / 32, MessageHashes.hash(setOf(newKey)));
        expectRefused(forkJudge, evidence(a, b), IEvidence.NotTheCommitterSet.selector);
    }

    function test_aSetThatBelongsToNobodyIsRefused() public {
        registry.enrol(A, MessageHashes.hash(setOf(keyOfB)));
        registry.enrol(B, MessageHashes.hash(setOf(keyOfB)));
        (SignedMessage memory a, SignedMessage memory b) = forked();
        Accusation memory other = accuse(A);
        other.set = setOf(keyOfB);
        expectRefused(forkJudge, abi.encode(ForkEvidence(other, a, b)), IEvidence.SetOfAnotherGateway.selector);
    }

    /// R15: an old key that leaks burns nobody for ever.
    function test_evidenceIsHeardUntilTheHorizonAndNotLonger() public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        uint256 until = GENESIS + 12 * (uint256(WINDOW) + 1) + 7 days;
        vm.warp(until);
        forkJudge.judge(evidence(a, b));
        vm.warp(until + 1);
        expectRefused(forkJudge, evidence(a, b), IEvidence.EvidenceTooOld.selector);
    }

    /// R16: terms are those of the window's epoch.
    function test_theAmountIsThatOfTheWindowsEpoch() public {
        Terms memory terms = parameters.termsAt(0);
        terms.safetyWei = 7 ether;
        parameters.set(WINDOW / 32, terms);
        (SignedMessage memory a, SignedMessage memory b) = forked();
        assertEq(forkJudge.judge(evidence(a, b)).amountWei, 7 ether);
    }

    function testFuzz_farWindowsAreRefusedWithoutOverflow(uint64 window) public {
        window = uint64(bound(window, 3_300, type(uint64).max));
        Base memory base = baseOf(A);
        base.window = window;
        Frag memory frag = fragUnder(base, 101, 5);
        Frag memory other = fragUnder(base, 101, 5);
        other.gasUsed = 9;
        bytes memory e = abi.encode(ForkEvidence(accuse(A, base), signed(A, frag), signed(A, other)));
        expectRefused(forkJudge, e, IEvidence.WindowTooFar.selector);
    }

    // --- The form of the evidence ---

    function test_trailingBytesAreRefused() public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        bytes memory longer = abi.encodePacked(evidence(a, b), uint8(0));
        expectRefused(forkJudge, longer, IEvidence.EvidenceNotCanonical.selector);
        a.message = abi.encodePacked(a.message, uint8(0));
        expectRefused(forkJudge, evidence(a, b), IEvidence.MessageLength.selector);
    }

    function test_evidenceLargerThanAnyHonestOneIsRefusedFirst() public {
        expectRefused(forkJudge, new bytes(256 * 1024 + 1), IEvidence.EvidenceTooLarge.selector);
    }

    function testFuzz_anyChangedByteOfTheEvidenceConvictsNobody(uint256 place, uint8 change) public {
        (SignedMessage memory a, SignedMessage memory b) = forked();
        bytes memory e = evidence(a, b);
        place = bound(place, 0, e.length - 1);
        if (change == 0) change = 1;
        e[place] ^= bytes1(change);
        vm.expectRevert();
        forkJudge.judge(e);
    }

    /// k-of-n: exactly k distinct members, ascending (R15).
    function test_aForkByAThresholdSetNeedsTheThresholdOnBothMessages() public {
        CommitterSet memory set;
        set.threshold = 2;
        set.members = new address[](3);
        uint256[] memory keys = new uint256[](3);
        for (uint256 i; i < 3; ++i) {
            (set.members[i], keys[i]) = makeAddrAndKey(string.concat("member ", vm.toString(i)));
        }
        for (uint256 i; i < 2; ++i) {
            for (uint256 k; k < 2 - i; ++k) {
                if (set.members[k] > set.members[k + 1]) {
                    (set.members[k], set.members[k + 1]) = (set.members[k + 1], set.members[k]);
                    (keys[k], keys[k + 1]) = (keys[k + 1], keys[k]);
                }
            }
        }
        registry.enrol(A, MessageHashes.hash(set));
        (SignedMessage memory a, SignedMessage memory b) = forked();
        Accusation memory accused = accuse(A);
        accused.set = set;
        expectRefused(forkJudge, abi.encode(ForkEvidence(accused, a, b)), CommitterSignatures.SignatureLength.selector);
        SignedMessage[2] memory both = [a, b];
        for (uint256 i; i < 2; ++i) {
            bytes32 digest = MessageHashes.digest(separator, MessageHashes.hash(abi.decode(both[i].message, (Frag))));
            both[i].signature = bytes.concat(signature(keys[0], digest), signature(keys[2], digest));
        }
        forkJudge.judge(abi.encode(ForkEvidence(accused, both[0], both[1])));
    }
}
