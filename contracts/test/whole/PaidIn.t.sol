// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {ForkEvidence} from "../../src/slashing/Evidence.sol";
import {Accusers} from "./Accusers.sol";

/// The bond of a gateway that equivocates and runs: no way out is faster than the court (R10, R16).
contract PaidInTest is Accusers {
    function test_aGatewayThatEquivocatesAndLeavesStillPays() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        Turn memory twin = turnOf(0, genesis(), 1);
        atSlot(turn.window - 3);
        vm.startPrank(ownerOf(A));
        registry.quit(A, address(inbox));
        vault.requestRelease(A, address(inbox), STAKE);
        vm.stopPrank();
        (, uint64 opensAt,) = vault.releaseOf(A, address(inbox));
        // The last second in which evidence on this window is heard.
        goTo(timeOf(turn.window + 1) + terms().evidenceHorizonSeconds);
        assertLt(vm.getBlockTimestamp(), opensAt);
        bytes memory evidence =
            abi.encode(ForkEvidence(accuse(turn), signed(A, turn.frags[1]), signed(A, twin.frags[1])));
        bytes32 id = slash(forkJudge, evidence);
        assertEq(vault.reserveOf(A, address(inbox)), STAKE - 1000 ether);

        // What is left stays while the case is open, also past its own date.
        uint256 closesAt = slasher.caseOf(A, address(inbox), turn.baseHash).closesAt;
        goTo(opensAt > closesAt ? opensAt : closesAt);
        vm.expectPartialRevert(IBondVault.SliceLocked.selector);
        vault.completeRelease(A, address(inbox));
        vm.deal(BURNED, 0);
        slasher.close(A, address(inbox), turn.baseHash);
        vault.completeRelease(A, address(inbox));
        assertEq(vault.freeOf(A), STAKE - 1000 ether);
        assertEq(slasher.claimBounty(id, A, address(inbox), turn.baseHash), 10 ether);
        // Paid in = paid out + burned + left.
        assertEq(watcher.balance + BURNED.balance + vault.freeOf(A), STAKE);
        assertEq(address(slasher).balance, 0);
    }

    function test_nobodyTakesAWatchersBountyByCopyingItsEvidence() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        Turn memory twin = turnOf(0, genesis(), 1);
        atSlot(turn.window - 3);
        bytes memory evidence =
            abi.encode(ForkEvidence(accuse(turn), signed(A, turn.seals[1]), signed(A, twin.seals[1])));
        slasher.commit(keccak256(abi.encode(forkJudge, keccak256(evidence), watcher)));
        vm.roll(vm.getBlockNumber() + 1);
        vm.expectPartialRevert(ISlasher.NotCommitted.selector);
        slasher.slash(forkJudge, evidence, address(this));
        slasher.slash(forkJudge, evidence, watcher);
    }
}
