// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IJudge} from "../../src/interfaces/IJudge.sol";
import {CaseView, ClaimView, ISlasher} from "../../src/interfaces/ISlasher.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {SlashingReentrant, SlashingRefuser} from "../support/SlashingFakes.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";

contract SlasherTest is SlashingLedger {
    address internal user = address(0xBEEF);
    address internal puppet = address(0xBAD);
    address internal coverer = address(0xC0FE);

    function taken(uint32 gateway, bytes32 base) internal view returns (uint256) {
        return slasher.caseOf(gateway, rollup, base).takenWei;
    }

    // --- Commit, reveal ---

    function test_whatWasNotCommittedIsNotHeard() public {
        bytes memory e = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        vm.expectPartialRevert(ISlasher.NotCommitted.selector);
        slasher.slash(judge, e, watcher);
    }

    /// R10: who copies the evidence out of the public pool is a block too late.
    function test_aCopiedRevealInTheSameBlockIsTooEarly() public {
        bytes memory e = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        commitTo(judge, e, watcher);
        slasher.commit(keccak256(abi.encode(judge, keccak256(e), puppet)));
        vm.expectPartialRevert(ISlasher.TooEarly.selector);
        slasher.slash(judge, e, puppet);
        // Nor can the copy name another watcher, another judge or other evidence under the first commitment.
        vm.expectPartialRevert(ISlasher.NotCommitted.selector);
        slasher.slash(judge, abi.encodePacked(e, uint8(0)), watcher);
        vm.prank(puppet);
        slasher.slash(judge, e, watcher);
    }

    function test_aCommitmentExpiresAndCannotBePutOff() public {
        bytes memory e = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        bytes32 commitment = keccak256(abi.encode(judge, keccak256(e), watcher));
        slasher.commit(commitment);
        vm.roll(block.number + 1);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.AlreadyCommitted.selector, commitment));
        slasher.commit(commitment);
        vm.roll(block.number + 256);
        vm.expectPartialRevert(ISlasher.CommitmentExpired.selector);
        slasher.slash(judge, e, watcher);
        slasher.commit(commitment);
        vm.roll(block.number + 1);
        slasher.slash(judge, e, watcher);
    }

    function test_aStrangersVerdictIsNone() public {
        bytes memory e = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        commitTo(lieJudge, e, watcher);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NotAJudge.selector, lieJudge));
        slasher.slash(lieJudge, e, watcher);
        commitTo(judge, e, address(0));
        vm.expectRevert(ISlasher.NoWatcher.selector);
        slasher.slash(judge, e, address(0));
    }

    function test_evidenceThatDoesNotDecodeIsNamedSo() public {
        commitTo(judge, hex"1234", watcher);
        vm.expectRevert(ISlasher.MalformedEvidence.selector);
        slasher.slash(judge, hex"1234", watcher);
    }

    // --- Once only, and the dear fault always ---

    function test_aFaultIsPunishedOnce() public {
        Fault memory f = safety(A, BASE_A, FaultKind.Fork);
        record(f);
        commitTo(judge, abi.encode(f), puppet);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.AlreadyRecorded.selector, f.id));
        slasher.slash(judge, abi.encode(f), puppet);
        assertEq(taken(A, BASE_A), 1000 ether);
        closeAfterAll(A, BASE_A);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.AlreadyRecorded.selector, f.id));
        slasher.slash(judge, abi.encode(f), puppet);
    }

    /// R10: cheap, then dear. The cheap one is credited and shields nothing.
    function test_aCheapFaultFirstDoesNotShieldADearOne() public {
        record(late(A, BASE_A, address(0), 0));
        record(unkept(A, BASE_A, 1, user, 10 ether));
        assertEq(taken(A, BASE_A), 21 ether);
        record(safety(A, BASE_A, FaultKind.Lie));
        assertEq(taken(A, BASE_A), 1000 ether);
        assertTrue(slasher.hasVerdict(A, rollup, BASE_A, FaultKind.Lie));
        assertFalse(slasher.hasVerdict(A, rollup, BASE_A, FaultKind.Fork));
    }

    function testFuzz_aCaseCostsTheSameInWhateverOrderItsFaultsAreTold(uint256 seed) public {
        Fault[4] memory faults = [
            safety(A, BASE_A, FaultKind.Lie),
            late(A, BASE_A, coverer, 0.3 ether),
            unkept(A, BASE_A, 1, user, bound(seed, 1, 700 ether)),
            unkept(A, BASE_A, 2, user, 5 ether)
        ];
        for (uint256 i = 4; i > 1; --i) {
            uint256 k = uint256(keccak256(abi.encode(seed, i))) % i;
            (faults[i - 1], faults[k]) = (faults[k], faults[i - 1]);
        }
        uint256 liveness;
        for (uint256 i; i < 4; ++i) {
            record(faults[i]);
            if (faults[i].kind != FaultKind.Lie) liveness += faults[i].amountWei;
        }
        assertEq(taken(A, BASE_A), liveness > 1000 ether ? liveness : 1000 ether);
    }

    function test_casesOfTwoBasesAreSeparate() public {
        record(unkept(A, BASE_A, 1, user, 10 ether));
        record(safety(A, BASE_B, FaultKind.Fork));
        assertEq(taken(A, BASE_A), 20 ether);
        assertEq(taken(A, BASE_B), 1000 ether);
    }

    function test_aSlashIsCappedByTheSliceAndRecordedAnyway() public {
        record(safety(A, BASE_A, FaultKind.Fork));
        record(safety(A, BASE_A, FaultKind.Lie));
        assertEq(taken(A, BASE_A), 2000 ether);
        bytes32 id = record(safety(A, BASE_A, FaultKind.Order));
        assertEq(taken(A, BASE_A), 2000 ether);
        assertTrue(slasher.isRecorded(id));
    }

    function test_everyFaultOfAGatewaySuspendsItAndLocksItsSlice() public {
        record(late(A, BASE_A, address(0), 0));
        assertTrue(registry.suspended(A, rollup));
        assertFalse(registry.suspended(B, rollup));
        assertEq(vault.locksOf(A, rollup), 1);
        record(safety(A, BASE_A, FaultKind.Fork));
        assertEq(vault.locksOf(A, rollup), 1);
        closeAfterAll(A, BASE_A);
        assertEq(vault.locksOf(A, rollup), 0);
    }

    /// Pitfall: a fraud proof that can revert makes the fraud unpunishable.
    function test_aRegistryThatRefusesDoesNotStopASlash() public {
        registry.refuse(true);
        record(safety(A, BASE_A, FaultKind.Fork));
        assertEq(taken(A, BASE_A), 1000 ether);
    }

    function test_aCallerCannotStarveTheSuspension() public {
        bytes memory e = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        commitTo(judge, e, watcher);
        vm.expectPartialRevert(ISlasher.TooLittleGas.selector);
        slasher.slash{gas: 250_000}(judge, e, watcher);
    }

    // --- Who gets what (R6, R9) ---

    function test_refundsThenCoverThenBountyAndAtLeastHalfBurns() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        bytes32 lateId = record(late(A, BASE_A, coverer, 0.4 ether));
        assertEq(taken(A, BASE_A), 21 ether);
        closeAfterAll(A, BASE_A);
        // Half is 10.5: refund 10, cover 0.4, bounty what is left of it (5 % would be 1.05).
        assertEq(BURNED.balance, 10.5 ether);
        assertEq(slasher.claim(id), 10 ether);
        assertEq(slasher.claim(lateId), 0.4 ether);
        assertEq(user.balance, 10 ether);
        assertEq(coverer.balance, 0.4 ether);
        uint256 bounty = slasher.claimBounty(id, A, rollup, BASE_A) + slasher.claimBounty(lateId, A, rollup, BASE_A);
        assertLe(0.1 ether - bounty, 1);
        assertLe(address(slasher).balance, 1);
    }

    function test_claimsArePaidOnceAndOnlyAfterClosing() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        vm.expectPartialRevert(ISlasher.CaseStillOpen.selector);
        slasher.claim(id);
        vm.expectPartialRevert(ISlasher.CaseStillOpen.selector);
        slasher.claimBounty(id, A, rollup, BASE_A);
        closeAfterAll(A, BASE_A);
        slasher.claim(id);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NothingToClaim.selector, id));
        slasher.claim(id);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.UnknownFault.selector, bytes32(0)));
        slasher.claim(0);
    }

    /// R9: a pool that is too small is shared, not first come.
    function test_refundsBeyondHalfOfWhatWasTakenAreProRata() public {
        bytes32 first = record(unkept(A, BASE_A, 1, user, 1500 ether));
        bytes32 second = record(unkept(A, BASE_A, 2, puppet, 500 ether));
        assertEq(taken(A, BASE_A), 2000 ether);
        closeAfterAll(A, BASE_A);
        assertEq(slasher.claim(second), 250 ether);
        assertEq(slasher.claim(first), 750 ether);
        assertEq(BURNED.balance, 1000 ether);
    }

    /// R6: gateway, victim, coverer and watcher in one hand lose at least half.
    function testFuzz_aSockPuppetLosesAtLeastHalf(uint256 coverage, uint256 costWei, bool alsoForked) public {
        coverage = bound(coverage, 1, 2000 ether);
        costWei = bound(costWei, 0, 0.5 ether);
        watcher = puppet;
        bytes32 id = record(unkept(A, BASE_A, 1, puppet, coverage));
        bytes32 lateId = record(late(A, BASE_A, puppet, costWei));
        bytes32 forkId = alsoForked ? record(safety(A, BASE_A, FaultKind.Fork)) : bytes32(0);
        uint256 lost = taken(A, BASE_A);
        closeAfterAll(A, BASE_A);
        slasher.claim(id);
        try slasher.claim(lateId) {} catch {}
        try slasher.claimBounty(id, A, rollup, BASE_A) {} catch {}
        try slasher.claimBounty(lateId, A, rollup, BASE_A) {} catch {}
        if (alsoForked) try slasher.claimBounty(forkId, A, rollup, BASE_A) {} catch {}
        assertLe(puppet.balance, lost / 2);
        assertGe(BURNED.balance, lost / 2);
    }

    /// Pitfall: self-slash for dust. Who reports itself gets at most 5 %, capped.
    function test_whoReportsItselfLosesAtLeast95Percent() public {
        bytes32 id = record(safety(A, BASE_A, FaultKind.Fork));
        closeAfterAll(A, BASE_A);
        assertEq(slasher.claimBounty(id, A, rollup, BASE_A), 10 ether);
        assertEq(BURNED.balance, 990 ether);
        bytes32 lateId = record(late(A, BASE_B, address(0), 0));
        closeAfterAll(A, BASE_B);
        assertEq(slasher.claimBounty(lateId, A, rollup, BASE_B), 0.05 ether);
    }

    function test_watchersShareTheBountyByWhatTheirReportsBrought() public {
        bytes32 first = record(unkept(A, BASE_A, 1, address(1), 50 ether));
        watcher = puppet;
        bytes32 second = record(safety(A, BASE_A, FaultKind.Fork));
        closeAfterAll(A, BASE_A);
        uint256 all = 10 ether;
        assertEq(slasher.claimBounty(first, A, rollup, BASE_A), all / 10);
        assertEq(slasher.claimBounty(second, A, rollup, BASE_A), all * 9 / 10);
    }

    function test_aBountyIsOfItsOwnCase() public {
        bytes32 id = record(safety(A, BASE_A, FaultKind.Fork));
        bytes32 lateId = record(late(A, BASE_A, address(0), 0));
        record(safety(A, BASE_B, FaultKind.Lie));
        closeAfterAll(A, BASE_A);
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.claimBounty(id, A, rollup, BASE_B);
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.claimBounty(lateId, A, rollup, BASE_B);
    }

    /// Pitfall: a receiver that reverts on refund.
    function test_aReceiverThatRefusesBlocksNobodyElse() public {
        address refuser = address(new SlashingRefuser());
        bytes32 stuck = record(unkept(A, BASE_A, 1, refuser, 10 ether));
        bytes32 id = record(unkept(A, BASE_A, 2, user, 10 ether));
        closeAfterAll(A, BASE_A);
        vm.expectRevert();
        slasher.claim(stuck);
        assertEq(slasher.claim(id), 10 ether);
        assertEq(address(slasher).balance, 10 ether);
    }

    // --- One call from a wallet ---

    function test_oneCallClosesTheCaseAndPaysTheUserWhoeverCalls() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        bytes32 second = record(unkept(A, BASE_A, 2, puppet, 3 ether));
        ClaimView memory v = slasher.claimOf(id);
        assertEq(v.payee, user);
        assertEq(v.owedWei, 10 ether);
        assertEq(v.claimableWei, 0);
        assertEq(v.closesAt, slasher.caseOf(A, rollup, BASE_A).closesAt);
        assertFalse(v.isSettled);
        vm.expectPartialRevert(ISlasher.CaseStillOpen.selector);
        slasher.closeAndClaim(id, A, rollup, BASE_A);
        vm.warp(v.closesAt);
        vm.prank(puppet);
        assertEq(slasher.closeAndClaim(id, A, rollup, BASE_A), 10 ether);
        assertEq(user.balance, 10 ether);
        assertEq(vault.locksOf(A, rollup), 0);
        assertEq(slasher.claimOf(id).owedWei, 0);
        // The case is closed already: the second one's call only pays.
        v = slasher.claimOf(second);
        assertTrue(v.isSettled);
        assertEq(v.closesAt, 0);
        assertEq(v.claimableWei, 3 ether);
        assertEq(slasher.closeAndClaim(second, A, rollup, BASE_A), 3 ether);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NothingToClaim.selector, id));
        slasher.closeAndClaim(id, A, rollup, BASE_A);
    }

    function test_oneCallNamesTheFaultsOwnCase() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        record(safety(B, BASE_B, FaultKind.Fork));
        vm.warp(slasher.caseOf(A, rollup, BASE_A).closesAt);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NotOfThisCase.selector, id, B, rollup, BASE_B));
        slasher.closeAndClaim(id, B, rollup, BASE_B);
        bytes32 none = keccak256("no fault");
        vm.expectRevert(abi.encodeWithSelector(ISlasher.UnknownFault.selector, none));
        slasher.closeAndClaim(none, A, rollup, BASE_A);
        bytes32 forkId = FaultIds.underBase(FaultKind.Fork, B, rollup, BASE_B);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.UnknownFault.selector, forkId));
        slasher.closeAndClaim(forkId, B, rollup, BASE_B);
        assertEq(slasher.claimOf(forkId).caseKey, 0);
        assertEq(slasher.caseOf(B, rollup, BASE_B).round, 0);
    }

    /// A later fault opened the case again: its round goes on, and the first round's user is paid.
    function test_oneCallClosesNoLaterRound() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        closeAfterAll(A, BASE_A);
        bytes32 second = record(unkept(A, BASE_A, 2, puppet, 5 ether));
        vm.warp(slasher.caseOf(A, rollup, BASE_A).closesAt);
        assertEq(slasher.closeAndClaim(id, A, rollup, BASE_A), 10 ether);
        assertEq(slasher.caseOf(A, rollup, BASE_A).round, 1);
        assertEq(vault.locksOf(A, rollup), 1);
        assertEq(slasher.closeAndClaim(second, A, rollup, BASE_A), 5 ether);
        assertEq(vault.locksOf(A, rollup), 0);
    }

    /// R5: after a shift the liable gateway's case pays, and only that one.
    function test_oneCallPaysFromTheCaseTheFaultWasMovedTo() public {
        bytes32 id = record(unkept(B, BASE_B, 1, user, 10 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        slasher.shiftLiability(id, keccak256("frag"), 1, moved(BASE_B, BASE_A));
        assertEq(slasher.claimOf(id).caseKey, keccak256(abi.encode(A, rollup, BASE_A)));
        vm.warp(slasher.caseOf(A, rollup, BASE_A).closesAt);
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.closeAndClaim(id, B, rollup, BASE_B);
        assertEq(slasher.closeAndClaim(id, A, rollup, BASE_A), 10 ether);
        assertEq(user.balance, 10 ether);
        assertEq(vault.locksOf(A, rollup), 0);
    }

    /// Pitfall: the payee calls back while it is paid. One guard covers every entry point.
    function test_aPayeeThatClaimsAgainInItsReceiveGetsNothingMore() public {
        SlashingReentrant greedy = new SlashingReentrant(ISlasher(address(slasher)));
        bytes32 id = record(unkept(A, BASE_A, 1, address(greedy), 10 ether));
        bytes32 second = record(unkept(A, BASE_A, 2, user, 10 ether));
        greedy.aim(id, A, rollup, BASE_A);
        vm.warp(slasher.caseOf(A, rollup, BASE_A).closesAt);
        assertEq(slasher.closeAndClaim(id, A, rollup, BASE_A), 10 ether);
        assertEq(greedy.refusals(), 2);
        assertEq(address(greedy).balance, 10 ether);
        assertEq(slasher.closeAndClaim(second, A, rollup, BASE_A), 10 ether);
    }

    // --- Closing ---

    function test_aCaseStaysOpenForTheHorizonAndTheClaimPeriod() public {
        record(safety(A, BASE_A, FaultKind.Fork));
        uint256 horizon = GENESIS + 12 * (uint256(WINDOW) + 1) + 7 days;
        assertEq(slasher.caseOf(A, rollup, BASE_A).closesAt, block.timestamp + 7 days);
        assertGe(block.timestamp + 7 days, horizon);
        vm.expectPartialRevert(ISlasher.CaseStillOpen.selector);
        slasher.close(A, rollup, BASE_A);
        vm.warp(block.timestamp + 3 days);
        record(unkept(A, BASE_A, 1, user, 1 ether));
        assertEq(slasher.caseOf(A, rollup, BASE_A).closesAt, block.timestamp + 7 days);
        closeAfterAll(A, BASE_A);
        vm.expectPartialRevert(ISlasher.CaseNotOpen.selector);
        slasher.close(A, rollup, BASE_A);
    }

    function test_aFaultAfterClosingOpensARoundOfItsOwn() public {
        bytes32 id = record(unkept(A, BASE_A, 1, user, 10 ether));
        closeAfterAll(A, BASE_A);
        bytes32 second = record(unkept(A, BASE_A, 2, puppet, 5 ether));
        CaseView memory c = slasher.caseOf(A, rollup, BASE_A);
        assertEq(c.takenWei, 10 ether);
        assertEq(c.round, 1);
        vm.expectPartialRevert(ISlasher.CaseStillOpen.selector);
        slasher.claim(second);
        assertEq(slasher.claim(id), 10 ether);
        closeAfterAll(A, BASE_A);
        assertEq(slasher.claim(second), 5 ether);
        assertEq(vault.locksOf(A, rollup), 0);
    }

    // --- Restaked money ---

    function test_restakedMoneyArrivesLaterAndIsSharedOut() public {
        vm.deal(address(this), 500 ether);
        restaking.fund{value: 500 ether}();
        record(safety(A, BASE_A, FaultKind.Fork));
        record(safety(A, BASE_A, FaultKind.Lie));
        bytes32 id = record(safety(A, BASE_A, FaultKind.Order));
        assertEq(taken(A, BASE_A), 2000 ether);
        assertEq(slasher.collect(id, B, rollup, BASE_A), 0);
        assertEq(slasher.collect(id, A, rollup, BASE_A), 500 ether);
        assertEq(slasher.collect(id, A, rollup, BASE_A), 0);
        assertEq(taken(A, BASE_A), 2500 ether);
        closeAfterAll(A, BASE_A);
        assertEq(BURNED.balance, 2490 ether);
    }

    function test_whatArrivesAfterClosingIsBurned() public {
        vm.deal(address(this), 500 ether);
        restaking.fund{value: 500 ether}();
        record(safety(A, BASE_A, FaultKind.Fork));
        record(safety(A, BASE_A, FaultKind.Lie));
        bytes32 id = record(safety(A, BASE_A, FaultKind.Order));
        closeAfterAll(A, BASE_A);
        uint256 burned = BURNED.balance;
        slasher.collect(id, A, rollup, BASE_A);
        assertEq(BURNED.balance, burned + 500 ether);
    }

    /// Pitfall: foreign code that fails or burns all its gas stops nothing.
    function test_restakingThatFailsLeavesTheEthSlashStanding() public {
        restaking.breakDown(true);
        record(safety(A, BASE_A, FaultKind.Fork));
        record(safety(A, BASE_A, FaultKind.Lie));
        record(safety(A, BASE_A, FaultKind.Order));
        assertEq(taken(A, BASE_A), 2000 ether);
        assertEq(slasher.insuredWei(A, rollup, BASE_A), 2000 ether);
    }

    function test_onlySourcesPayIn() public {
        vm.deal(puppet, 1 ether);
        vm.prank(puppet);
        (bool sent, bytes memory reason) = address(slasher).call{value: 1 ether}("");
        assertFalse(sent);
        assertEq(bytes32(bytes4(reason)), bytes32(ISlasher.NotASource.selector));
    }

    function test_amountsBeyondAnyMoneyOverflowNothing() public {
        Fault memory f = unkept(A, BASE_A, 1, user, type(uint128).max);
        record(f);
        f = safety(A, BASE_A, FaultKind.Fork);
        f.amountWei = type(uint256).max;
        record(f);
        assertEq(taken(A, BASE_A), 2000 ether);
        closeAfterAll(A, BASE_A);
    }
}
