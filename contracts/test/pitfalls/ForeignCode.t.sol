// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {CaseView} from "../../src/interfaces/ISlasher.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";

/// Foreign code in a bad mood: burns all gas it gets, or answers with as many bytes as it can pay for.
contract PitfallBomb {
    uint256 private immutable _answerBytes;

    /// @param answerBytes_ 0: burns everything.
    constructor(uint256 answerBytes_) {
        _answerBytes = answerBytes_;
    }

    fallback() external payable {
        uint256 size = _answerBytes;
        assembly {
            if iszero(size) { invalid() }
            return(0, size)
        }
    }
}

/// Pitfall: a fraud proof that can be made to revert makes the fraud unpunishable; a failing callee takes all gas it is handed.
contract ForeignCodeTest is SlashingLedger {
    uint256 private constant PLENTY = 30_000_000;

    /// The fake vault pays whoever slashes.
    receive() external payable {}

    function _slashWith(address restaked) private returns (uint256 used) {
        slasher = ledger(restaked);
        bytes memory evidence = abi.encode(safety(A, BASE_A, FaultKind.Fork));
        vault.slash(A, rollup, 1500 ether, "spent");
        commitTo(judge, evidence, watcher);
        uint256 before = gasleft();
        slasher.slash{gas: PLENTY}(judge, evidence, watcher);
        used = before - gasleft();
        CaseView memory c = slasher.caseOf(A, rollup, BASE_A);
        assertEq(c.takenWei, 500 ether);
        assertTrue(slasher.hasVerdict(A, rollup, BASE_A, FaultKind.Fork));
    }

    /// The slice holds half of the amount, so restaking is asked for the rest.
    function test_restakingThatBurnsItsGasTakesNoMoreThanItsShareOfASlash() public {
        assertLt(_slashWith(address(new PitfallBomb(0))), 2_500_000);
    }

    function test_restakingThatAnswersEndlesslyTakesNoMoreThanItsShareOfASlash() public {
        assertLt(_slashWith(address(new PitfallBomb(3_000_000))), 2_500_000);
    }

    /// Pull payments: who cannot be paid, or burns what it is called with, keeps nobody else from its money.
    function test_aPayeeThatBurnsItsGasBlocksNobodyElse() public {
        address bomb = address(new PitfallBomb(0));
        address user = makeAddr("user");
        bytes32 ofBomb = record(unkept(A, BASE_A, 1, bomb, 10 ether));
        bytes32 ofUser = record(unkept(A, BASE_A, 2, user, 10 ether));
        closeAfterAll(A, BASE_A);
        vm.expectRevert();
        slasher.claim{gas: 1_000_000}(ofBomb);
        slasher.claim(ofUser);
        assertEq(user.balance, 10 ether);
        // Its own claim stays its own, for the day it can be paid.
        vm.etch(bomb, "");
        slasher.claim(ofBomb);
        assertEq(bomb.balance, 10 ether);
    }
}

/// A rollup is foreign code for the vault: it must not cost more than its share, nor pass for a rollup.
contract ForeignRollupTest is BondsWorld {
    function test_aRollupThatBurnsItsGasOrAnswersEndlesslyIsRefusedCheaply() public {
        setUpWorld(ReleasePhase.Open);
        uint32 gateway = joinedGateway();
        vm.deal(owner, 10 ether);
        vm.prank(owner);
        vault.deposit{value: 10 ether}(gateway);
        for (uint256 i; i < 2; ++i) {
            address bomb = address(new PitfallBomb(i * 250_000));
            vm.prank(owner);
            uint256 before = gasleft();
            vm.expectRevert(abi.encodeWithSelector(IBondVault.BadRollup.selector, bomb));
            vault.reserve{gas: 5_000_000}(gateway, bomb, 1 ether);
            assertLt(before - gasleft(), 600_000);
            assertEq(vault.freeOf(gateway), 10 ether);
        }
    }
}
