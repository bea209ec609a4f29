// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {DoubleDelegationJudge} from "../../src/slashing/DoubleDelegationJudge.sol";
import {DoubleDelegationEvidence, MissedSlotEvidence} from "../../src/slashing/Evidence.sol";
import {MissedSlotJudge} from "../../src/slashing/MissedSlotJudge.sol";
import {Delegation} from "../../src/types/Messages.sol";
import {Accusers} from "./Accusers.sol";

/// What operators forfeit: rewards of the period, proven by real registrations, proposers and block roots.
contract OperatorsTest is Accusers {
    function _sold(Delegation memory d, uint256 key) private view returns (bytes memory) {
        return signature(key, MessageHashes.digest(registry.domainSeparator(), MessageHashes.hash(d)));
    }

    function _second(uint64 nonce) private view returns (DoubleDelegationEvidence memory e) {
        e.rollup = address(inbox);
        e.epoch = FIRST + 1;
        e.first = delegation(operatorA, B, nonce);
        e.firstSignature = _sold(e.first, OPERATOR_KEY_A);
    }

    function test_aSecondDelegationAgainstTheRegistrysOwnIsForfeited() public {
        atSlot(windowOf(1));
        slash(doubleDelegationJudge, abi.encode(_second(1)));
        assertTrue(slasher.isForfeited(operatorA, address(inbox), (FIRST + 1) / 50));
        assertFalse(slasher.isForfeited(operatorB, address(inbox), (FIRST + 1) / 50));
        // No gateway pays for its operator.
        assertEq(vault.reserveOf(A, address(inbox)), STAKE);
        assertEq(vault.reserveOf(B, address(inbox)), STAKE);
    }

    function test_aDelegationThatWasCancelledSellsNothing() public {
        atSlot(windowOf(1));
        vm.prank(operatorA);
        registry.cancelNonce(1);
        acquit(doubleDelegationJudge, abi.encode(_second(1)), DoubleDelegationJudge.NonceUsedUp.selector);
    }

    function test_aMissedSlotThatWasLentIsForfeited() public {
        atSlot(windowOf(0) + 4);
        slash(missedSlotJudge, abi.encode(MissedSlotEvidence(address(inbox), presenceOf(windowOf(0), true))));
        assertTrue(slasher.isForfeited(operatorA, address(inbox), FIRST / 50));
        assertEq(slasher.missesOf(operatorA, address(inbox), FIRST / 50), 1);
    }

    function test_aMissedSlotOfAStrangerIsNobodysFault() public {
        atSlot(windowOf(0) + 4);
        bytes memory stranger = abi.encode(MissedSlotEvidence(address(inbox), presenceOf(windowOf(0) - 1, true)));
        acquit(missedSlotJudge, stranger, MissedSlotJudge.SlotNotLent.selector);
    }
}
