// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {
    BrokenBaseEvidence,
    DoubleDelegationEvidence,
    FalseClaimEvidence,
    ForkEvidence,
    LateEvidence,
    LieEvidence,
    MissedSlotEvidence,
    OrderEvidence,
    SealedBatchEvidence,
    ShiftEvidence,
    TwinLeavesEvidence,
    UnkeptEvidence
} from "../../src/slashing/Evidence.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// Pitfalls: bytes behind a message that nobody reads, two spellings of one thing, and evidence so large that reading it is the
/// attack. Asked of every judge there is, so that a new one cannot forget it.
contract EvidenceSpellingsTest is SlashingWorld {
    IJudge[] private judges;
    bytes[] private evidence;

    function setUp() public override {
        super.setUp();
        ForkEvidence memory fork;
        SealedBatchEvidence memory sealedBatch;
        TwinLeavesEvidence memory twins;
        LieEvidence memory lie;
        UnkeptEvidence memory unkept;
        LateEvidence memory late;
        BrokenBaseEvidence memory broken;
        FalseClaimEvidence memory claim;
        OrderEvidence memory order;
        DoubleDelegationEvidence memory sale;
        MissedSlotEvidence memory missed;
        _add(forkJudge, abi.encode(fork));
        _add(batchForkJudge, abi.encode(sealedBatch));
        _add(twinLeavesJudge, abi.encode(twins));
        _add(lieJudge, abi.encode(lie));
        _add(unkeptJudge, abi.encode(unkept));
        _add(lateJudge, abi.encode(late));
        _add(brokenBaseJudge, abi.encode(broken));
        _add(falseClaimJudge, abi.encode(claim));
        _add(orderJudge, abi.encode(order));
        _add(doubleDelegationJudge, abi.encode(sale));
        _add(missedSlotJudge, abi.encode(missed));
    }

    function _add(IJudge judge, bytes memory encoded) private {
        assertTrue(slasher.isJudge(judge));
        judges.push(judge);
        evidence.push(encoded);
    }

    function test_everyJudgeRefusesTrailingBytes() public {
        for (uint256 i; i < judges.length; ++i) {
            vm.expectRevert(IEvidence.EvidenceNotCanonical.selector);
            judges[i].judge(abi.encodePacked(evidence[i], uint256(0)));
            vm.expectRevert(IEvidence.EvidenceNotCanonical.selector);
            judges[i].judge(abi.encodePacked(evidence[i], uint8(0)));
        }
    }

    /// The same values laid out with a gap: the outermost offset points one word further.
    function test_everyJudgeRefusesAnotherLayoutOfTheSameValues() public {
        for (uint256 i; i < judges.length; ++i) {
            bytes memory shifted = abi.encodePacked(uint256(32), evidence[i]);
            shifted[31] = 0x40;
            vm.expectRevert(IEvidence.EvidenceNotCanonical.selector);
            judges[i].judge(shifted);
        }
    }

    function test_everyJudgeRefusesOversizedEvidenceBeforeReadingIt() public {
        for (uint256 i; i < judges.length; ++i) {
            bytes memory large = new bytes(256 * 1024 + 1);
            vm.expectRevert(abi.encodeWithSelector(IEvidence.EvidenceTooLarge.selector, large.length, 256 * 1024));
            judges[i].judge(large);
        }
    }

    function test_excusesRefuseTrailingBytesToo() public {
        ShiftEvidence memory shift;
        vm.expectRevert(IEvidence.EvidenceNotCanonical.selector);
        IExcuses(address(excuses)).shift(abi.encodePacked(abi.encode(shift), uint256(0)));
    }
}
