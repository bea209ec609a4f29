// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Shift} from "../../src/interfaces/IExcuses.sol";
import {CaseView, ISlasher} from "../../src/interfaces/ISlasher.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Terms} from "../../src/types/Terms.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";

/// R5: what B promised on A's word is A's to pay once A is convicted. The money, whatever the excuse rests on.
contract ShiftedLiabilityTest is SlashingLedger {
    bytes32 private constant FRAG = keccak256("frag");
    bytes32 private constant BASE_B2 = keccak256("another base of B");

    address private user = address(0xBEEF);
    address private puppet = address(0xBAD);
    address private coverer = address(0xC0FE);

    function viewOf(uint32 gateway, bytes32 base) private view returns (CaseView memory) {
        return slasher.caseOf(gateway, rollup, base);
    }

    function taken(uint32 gateway, bytes32 base) private view returns (uint256) {
        return viewOf(gateway, base).takenWei;
    }

    /// A late fault is named by its case's window: neither frag nor index.
    function shiftLate(bytes32 id) private {
        slasher.shiftLiability(id, 0, 0, moved(BASE_B, BASE_A));
    }

    function shiftUnkept(bytes32 id, uint256 index) private {
        slasher.shiftLiability(id, FRAG, index, moved(BASE_B, BASE_A));
    }

    // --- unkept ---

    function test_anUnkeptFaultMovesToTheConvictedPredecessor() public {
        bytes32 id = record(unkept(B, BASE_B, 1, user, 10 ether));
        bytes32 own = record(unkept(B, BASE_B, 2, puppet, 3 ether));
        assertEq(vault.reserveOf(B, rollup), 1974 ether);
        record(safety(A, BASE_A, FaultKind.Fork));
        slasher.shiftLiability(id, FRAG, 1, moved(BASE_B, BASE_A));
        assertEq(vault.reserveOf(B, rollup), 1994 ether);
        assertEq(taken(B, BASE_B), 6 ether);
        assertEq(taken(A, BASE_A), 1000 ether);
        closeAfterAll(A, BASE_A);
        assertEq(slasher.claim(id), 10 ether);
        slasher.close(B, rollup, BASE_B);
        assertEq(slasher.claim(own), 3 ether);
    }

    function test_aFaultMovesOnceAndOnlyFromWhoPromised() public {
        bytes32 id = record(unkept(B, BASE_B, 1, user, 10 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.shiftLiability(id, FRAG, 2, moved(BASE_B, BASE_A));
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.shiftLiability(id, FRAG, 1, moved(BASE_A, BASE_B));
        slasher.shiftLiability(id, FRAG, 1, moved(BASE_B, BASE_A));
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.shiftLiability(id, FRAG, 1, moved(BASE_B, BASE_A));
    }

    // --- late ---

    function test_aLateFaultMovesToTheConvictedPredecessor() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        assertEq(vault.reserveOf(B, rollup), 1999 ether);
        bytes32 forkId = record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        CaseView memory ofB = viewOf(B, BASE_B);
        assertEq(ofB.takenWei + ofB.livenessWei + ofB.coverWei + ofB.refundsWei, 0);
        CaseView memory ofA = viewOf(A, BASE_A);
        assertEq(ofA.livenessWei, 1 ether);
        assertEq(ofA.coverWei, 0.4 ether);
        assertEq(ofA.refundsWei, 0);
        // Credited: the fork has taken more already.
        assertEq(ofA.takenWei, 1000 ether);
        assertEq(slasher.claimOf(id).caseKey, keccak256(abi.encode(A, rollup, BASE_A)));

        closeAfterAll(A, BASE_A);
        assertEq(slasher.claim(id), 0.4 ether);
        assertEq(coverer.balance, 0.4 ether);
        assertEq(slasher.claimBounty(forkId, A, rollup, BASE_A), 10 ether);
        slasher.close(B, rollup, BASE_B);
        assertEq(BURNED.balance, 1000 ether - 10.4 ether);
        assertEq(address(slasher).balance, 0);
        assertEq(vault.locksOf(A, rollup) + vault.locksOf(B, rollup), 0);
    }

    /// The verdict may be there first.
    function test_aLateFaultToldAfterTheVerdictMovesToo() public {
        record(safety(A, BASE_A, FaultKind.FalseClaim));
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        assertEq(viewOf(A, BASE_A).coverWei, 0.4 ether);
    }

    /// It cost the amount of its window's epoch (R16), and gives as much back.
    function test_theTermsOfTheLateWindowSayWhatMoves() public {
        Terms memory terms = parameters.termsAt(0);
        terms.livenessWei = 3 ether;
        parameters.set(WINDOW / 32, terms);
        Fault memory f = late(B, BASE_B, coverer, 0.4 ether);
        f.amountWei = 3 ether;
        bytes32 id = record(f);
        assertEq(vault.reserveOf(B, rollup), 1997 ether);
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        assertEq(viewOf(A, BASE_A).livenessWei, 3 ether);
    }

    function test_aLateFaultWithoutACovererMovesToo() public {
        bytes32 id = record(late(B, BASE_B, address(0), 0));
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        assertEq(viewOf(A, BASE_A).livenessWei, 1 ether);
        closeAfterAll(A, BASE_A);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NothingToClaim.selector, id));
        slasher.claim(id);
    }

    // --- Credit ---

    /// R10: B's own dear fault costs what it costs; the lateness was credited to it.
    function test_whatThePromisersOwnFaultsCostIsNotGivenBack() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        record(safety(B, BASE_B, FaultKind.Lie));
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 1000 ether);
        assertEq(taken(B, BASE_B), 1000 ether);
        assertEq(viewOf(B, BASE_B).livenessWei, 0);
    }

    /// Where the liable one's promises already cost more than its fork, the lateness comes on top.
    function test_theLiableOnePaysWhatItsCaseHasNotTakenYet() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        record(unkept(A, BASE_A, 1, user, 600 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        assertEq(taken(A, BASE_A), 1200 ether);
        shiftLate(id);
        assertEq(taken(A, BASE_A), 1201 ether);
        assertEq(vault.reserveOf(A, rollup), 799 ether);
        closeAfterAll(A, BASE_A);
        // Half is 600.5: refund 600, then the cover, then what is left for bounties.
        assertEq(slasher.claim(id), 0.4 ether);
        assertEq(BURNED.balance, 600.5 ether);
    }

    /// That the liable one has nothing left is not the promiser's to pay.
    function test_anEmptySliceOfTheLiableOneRestoresThePromiserAllTheSame() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        Fault memory before = safety(A, BASE_B2, FaultKind.Fork);
        before.amountWei = 2000 ether;
        record(before);
        record(safety(A, BASE_A, FaultKind.Fork));
        assertEq(taken(A, BASE_A), 0);
        shiftLate(id);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        closeAfterAll(A, BASE_A);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NothingToClaim.selector, id));
        slasher.claim(id);
        assertEq(coverer.balance, 0);
    }

    /// A late window and a broken promise in it, told and moved in any order, beside a broken promise that stays.
    function testFuzz_lateAndUnkeptMoveInAnyOrder(uint256 coverage, uint256 costWei, uint256 seed) public {
        coverage = bound(coverage, 1, 400 ether);
        costWei = bound(costWei, 0, 0.5 ether);
        Fault[4] memory faults = [
            late(B, BASE_B, coverer, costWei),
            unkept(B, BASE_B, 1, user, coverage),
            unkept(B, BASE_B, 2, puppet, 3 ether),
            safety(A, BASE_A, FaultKind.Fork)
        ];
        for (uint256 i = 4; i > 1; --i) {
            uint256 k = uint256(keccak256(abi.encode(seed, i))) % i;
            (faults[i - 1], faults[k]) = (faults[k], faults[i - 1]);
        }
        for (uint256 i; i < 4; ++i) {
            record(faults[i]);
        }
        bytes32 lateId = FaultIds.ofWindow(B, rollup, WINDOW);
        bytes32 unkeptId = FaultIds.ofPromise(B, rollup, BASE_B, FRAG, 1);
        if (seed % 2 == 0) shiftLate(lateId);
        shiftUnkept(unkeptId, 1);
        if (seed % 2 == 1) shiftLate(lateId);

        assertEq(vault.reserveOf(B, rollup), 2000 ether - 6 ether);
        assertEq(taken(B, BASE_B), 6 ether);
        CaseView memory ofA = viewOf(A, BASE_A);
        assertEq(ofA.livenessWei, 1 ether + 2 * coverage);
        assertEq(ofA.refundsWei, coverage);
        assertEq(ofA.coverWei, costWei);
        assertEq(ofA.takenWei, 1000 ether);
        closeAfterAll(A, BASE_A);
        slasher.close(B, rollup, BASE_B);
        assertEq(slasher.claim(unkeptId), coverage);
        if (costWei != 0) assertEq(slasher.claim(lateId), costWei);
        assertEq(slasher.claim(FaultIds.ofPromise(B, rollup, BASE_B, FRAG, 2)), 3 ether);
        // Left: the bounties.
        assertEq(vault.reserveOf(A, rollup), 1000 ether);
        assertEq(BURNED.balance + address(slasher).balance, 1006 ether - coverage - costWei - 3 ether);
        assertGe(BURNED.balance, 503 ether);
    }

    // --- Once, and only its own ---

    function test_aLateFaultMovesOnce() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        bytes memory again = moved(BASE_B, BASE_A);
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.shiftLiability(id, 0, 0, again);
        assertEq(viewOf(A, BASE_A).livenessWei, 1 ether);
    }

    /// What A took over stays with A, even if A has an excuse for its own promises.
    function test_whatWasMovedHereGoesNoFurther() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        bytes32 own = record(late(A, BASE_A, coverer, 0.1 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        record(safety(B, BASE_B2, FaultKind.Fork));
        shiftLate(id);
        bytes memory excuseOfA = abi.encode(Shift(rollup, A, BASE_A, B, BASE_B2, WINDOW));
        vm.expectRevert(abi.encodeWithSelector(ISlasher.NotOfThisCase.selector, id, A, rollup, BASE_A));
        slasher.shiftLiability(id, 0, 0, excuseOfA);
        // Its own lateness does move.
        slasher.shiftLiability(own, 0, 0, excuseOfA);
        assertEq(viewOf(A, BASE_A).livenessWei, 1 ether);
        assertEq(viewOf(A, BASE_A).coverWei, 0.4 ether);
        assertEq(viewOf(B, BASE_B2).coverWei, 0.1 ether);
    }

    function test_nothingElseMovesInAFaultsName() public {
        bytes32 lateId = record(late(B, BASE_B, coverer, 0.4 ether));
        bytes32 unkeptId = record(unkept(B, BASE_B, 1, user, 10 ether));
        bytes32 forkId = record(safety(B, BASE_B, FaultKind.Fork));
        record(late(A, BASE_A, coverer, 0.4 ether));
        record(safety(A, BASE_A, FaultKind.Fork));
        bytes32[4] memory ids =
            [unkeptId, forkId, FaultIds.ofWindow(A, rollup, WINDOW), FaultIds.ofWindow(B, rollup, WINDOW + 1)];
        for (uint256 i; i < 4; ++i) {
            vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
            slasher.shiftLiability(ids[i], 0, 0, moved(BASE_B, BASE_A));
        }
        // Nor under another base of the same gateway and window.
        record(unkept(B, BASE_B2, 1, user, 1 ether));
        vm.expectPartialRevert(ISlasher.NotOfThisCase.selector);
        slasher.shiftLiability(lateId, 0, 0, moved(BASE_B2, BASE_A));
    }

    // --- While the promiser's case is open ---

    function test_fromAClosedCaseNothingMoves() public {
        bytes32 unkeptId = record(unkept(B, BASE_B, 1, user, 10 ether));
        bytes32 lateId = record(late(B, BASE_B, coverer, 0.4 ether));
        closeAfterAll(B, BASE_B);
        record(safety(A, BASE_A, FaultKind.Fork));
        bytes memory evidence = moved(BASE_B, BASE_A);
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISlasher.CaseNotOpen.selector, B, rollup, BASE_B));
            slasher.shiftLiability(lateId, 0, 0, evidence);
            vm.expectRevert(abi.encodeWithSelector(ISlasher.CaseNotOpen.selector, B, rollup, BASE_B));
            slasher.shiftLiability(unkeptId, FRAG, 1, evidence);
            // A later fault opens a round of its own; the first one's money is settled.
            if (i == 0) record(unkept(B, BASE_B, 2, user, 1 ether));
        }
        assertEq(slasher.claim(lateId), 0.4 ether);
    }

    function test_whereNothingIsRecordedNothingMovesTo() public {
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        bytes memory evidence = moved(BASE_B, BASE_A);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.CaseNotOpen.selector, A, rollup, BASE_A));
        slasher.shiftLiability(id, 0, 0, evidence);
    }

    /// A forks, reports itself at once, and reports B late on the evidence's last day, when A's own case is closed.
    function test_aVerdictWhoseCaseIsClosedExcusesAllTheSame() public {
        record(safety(A, BASE_A, FaultKind.Fork));
        closeAfterAll(A, BASE_A);
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        bytes32 unkeptId = record(unkept(B, BASE_B, 1, user, 10 ether));
        shiftLate(id);
        shiftUnkept(unkeptId, 1);
        assertEq(vault.reserveOf(B, rollup), 2000 ether);
        CaseView memory ofA = viewOf(A, BASE_A);
        assertEq(ofA.round, 1);
        assertEq(ofA.takenWei, 21 ether);
        assertEq(ofA.closesAt, block.timestamp + 7 days);
        assertEq(vault.locksOf(A, rollup), 1);
        closeAfterAll(A, BASE_A);
        assertEq(slasher.claim(id), 0.4 ether);
        assertEq(slasher.claim(unkeptId), 10 ether);
        assertEq(vault.locksOf(A, rollup), 0);
    }

    // --- Restaked money ---

    /// Leaves `leftWei` in B's slice, and 500 ETH of restaked money behind it.
    function drainB(uint256 leftWei) private {
        Fault memory f = safety(B, BASE_B2, FaultKind.Lie);
        f.amountWei = 2000 ether - leftWei;
        record(f);
        vm.deal(address(this), 500 ether);
        restaking.fund{value: 500 ether}();
    }

    function test_whatArrivesForALateFaultThatMovedGoesBack() public {
        drainB(0);
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        assertEq(taken(B, BASE_B), 0);
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        assertEq(slasher.collect(id, A, rollup, BASE_A), 0);
        assertEq(slasher.collect(id, B, rollup, BASE_B), 1 ether);
        assertEq(vault.reserveOf(B, rollup), 1 ether);
        assertEq(taken(B, BASE_B), 0);
        assertEq(taken(A, BASE_A), 1000 ether);
    }

    /// The slice paid for what moved, restaked money comes for what stays: the case keeps what it costs and no more.
    function test_whatArrivesBeyondTheFaultsThatAreLeftGoesBack() public {
        drainB(6 ether);
        bytes32 id = record(late(B, BASE_B, coverer, 0.4 ether));
        bytes32 own = record(unkept(B, BASE_B, 1, user, 4 ether));
        assertEq(taken(B, BASE_B), 6 ether);
        record(safety(A, BASE_A, FaultKind.Fork));
        shiftLate(id);
        // 8 ETH are due and 6 there: of the 3 that come, 1 is B's.
        assertEq(vault.reserveOf(B, rollup), 0);
        assertEq(slasher.collect(own, B, rollup, BASE_B), 3 ether);
        assertEq(taken(B, BASE_B), 8 ether);
        assertEq(vault.reserveOf(B, rollup), 1 ether);
    }

    /// Slice and restaking pay in part, money comes before and after a shift, faults are told in any order: in the end the promiser has
    /// paid what its remaining faults cost.
    function testFuzz_thePromiserPaysForWhatIsLeftWhereverItComesFrom(
        uint256 leftWei,
        uint8 first,
        uint8 early,
        uint8 gone
    ) public {
        leftWei = bound(leftWei, 0, 30 ether);
        drainB(leftWei);
        record(safety(A, BASE_A, FaultKind.Fork));
        // They cost 1, 6, 8 and 10 ETH.
        Fault[4] memory faults = [
            late(B, BASE_B, coverer, 0.4 ether),
            unkept(B, BASE_B, 1, user, 3 ether),
            unkept(B, BASE_B, 2, user, 4 ether),
            unkept(B, BASE_B, 3, puppet, 5 ether)
        ];
        uint256 remainingWei;
        for (uint256 i; i < 4; ++i) {
            uint256 place = (i + first) % 4;
            record(faults[place]);
            if (gone >> place & 1 == 0) remainingWei += faults[place].amountWei;
        }
        for (uint256 i; i < 4; ++i) {
            if (early >> i & 1 == 1) slasher.collect(faults[i].id, B, rollup, BASE_B);
        }
        for (uint256 i; i < 4; ++i) {
            if (gone >> i & 1 == 0) continue;
            if (i == 0) shiftLate(faults[i].id);
            else shiftUnkept(faults[i].id, i);
        }
        for (uint256 i; i < 4; ++i) {
            slasher.collect(faults[i].id, B, rollup, BASE_B);
        }
        assertEq(taken(B, BASE_B), remainingWei);
        uint256 cameWei = leftWei < 25 ether ? 25 ether - leftWei : 0;
        assertEq(vault.reserveOf(B, rollup), leftWei + cameWei - remainingWei);
    }
}
