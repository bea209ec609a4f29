// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {DoubleDelegationJudge} from "../../src/slashing/DoubleDelegationJudge.sol";
import {DoubleDelegationEvidence, MissedSlotEvidence} from "../../src/slashing/Evidence.sol";
import {MissedSlotJudge} from "../../src/slashing/MissedSlotJudge.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Delegation} from "../../src/types/Messages.sol";
import {SlashingPresence} from "../support/SlashingFakes.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// Delegations sold twice, and missed slots. Now is epoch 100 (slot 3230); the period is epochs 100 to 149.
contract OperatorJudgesTest is SlashingWorld {
    address internal operator;
    uint256 internal operatorKey;

    function setUp() public override {
        super.setUp();
        (operator, operatorKey) = makeAddrAndKey("operator");
    }

    function delegation(uint32 gateway, uint64 first, uint64 last, uint64 nonce)
        internal
        view
        returns (Delegation memory d)
    {
        d.operator = operator;
        d.gateway = gateway;
        d.firstEpoch = first;
        d.lastEpoch = last;
        d.nonce = nonce;
        d.rollups = new address[](1);
        d.rollups[0] = rollup;
        d.slashers = new address[](1);
        d.slashers[0] = address(slasher);
    }

    function signed(uint256 key, Delegation memory d) internal view returns (bytes memory) {
        return signature(key, MessageHashes.digest(MessageHashes.domain(address(registry)), MessageHashes.hash(d)));
    }

    function sold(Delegation memory a, Delegation memory b) internal view returns (DoubleDelegationEvidence memory e) {
        e.rollup = rollup;
        e.epoch = 100;
        e.first = a;
        e.firstSignature = signed(operatorKey, a);
        e.second = b;
        e.secondSignature = signed(operatorKey, b);
    }

    function against(Delegation memory a) internal view returns (DoubleDelegationEvidence memory e) {
        e.rollup = rollup;
        e.epoch = 100;
        e.first = a;
        e.firstSignature = signed(operatorKey, a);
    }

    function refused(DoubleDelegationEvidence memory e, bytes4 reason) internal {
        expectRefused(doubleDelegationJudge, abi.encode(e), reason);
    }

    function test_twoOpenDelegationsOfOneEpochAreSoldTwice() public {
        DoubleDelegationEvidence memory e = sold(delegation(A, 90, 100, 1), delegation(B, 100, 110, 2));
        Fault memory fault = doubleDelegationJudge.judge(abi.encode(e));
        assertEq(uint8(fault.kind), uint8(FaultKind.DoubleDelegation));
        assertEq(fault.operator, operator);
        assertEq(fault.gateway, 0);
        slash(doubleDelegationJudge, abi.encode(e));
        assertTrue(slasher.isForfeited(operator, rollup, 2));
        assertFalse(slasher.isForfeited(operator, rollup, 1));
    }

    /// R10: once per period, whichever epoch and order are shown.
    function test_theSameSaleShownAgainIsTheSameFault() public view {
        DoubleDelegationEvidence memory e = sold(delegation(A, 90, 101, 1), delegation(B, 100, 110, 2));
        bytes32 id = doubleDelegationJudge.judge(abi.encode(e)).id;
        e.epoch = 101;
        assertEq(doubleDelegationJudge.judge(abi.encode(e)).id, id);
        e = sold(delegation(B, 100, 110, 2), delegation(A, 90, 101, 1));
        assertEq(doubleDelegationJudge.judge(abi.encode(e)).id, id);
    }

    /// Revoked, then lent to somebody else: the old signature lives on and proves nothing.
    function test_anHonestSuccessionIsNoSecondSale() public {
        registry.useNonce(operator, 1);
        refused(sold(delegation(A, 90, 100, 1), delegation(B, 100, 110, 2)), DoubleDelegationJudge.NonceUsedUp.selector);
        refused(sold(delegation(B, 100, 110, 2), delegation(A, 90, 100, 1)), DoubleDelegationJudge.NonceUsedUp.selector);
        registry.lend(operator, 100, B);
        refused(against(delegation(A, 90, 100, 1)), DoubleDelegationJudge.NonceUsedUp.selector);
    }

    function test_oneNonceForTwoGatewaysIsASecondSaleWhateverCameOfIt() public {
        registry.useNonce(operator, 1);
        doubleDelegationJudge.judge(abi.encode(sold(delegation(A, 90, 100, 1), delegation(B, 100, 110, 1))));
    }

    function test_anOpenDelegationAgainstTheRecordIsASecondSale() public {
        refused(against(delegation(A, 90, 100, 1)), IEvidence.NoContradiction.selector);
        registry.lend(operator, 100, A);
        refused(against(delegation(A, 90, 100, 1)), IEvidence.NoContradiction.selector);
        registry.lend(operator, 100, B);
        doubleDelegationJudge.judge(abi.encode(against(delegation(A, 90, 100, 1))));
    }

    function test_whatDoesNotOverlapIsHonest() public {
        refused(
            sold(delegation(A, 90, 99, 1), delegation(B, 100, 110, 2)), DoubleDelegationJudge.EpochNotDelegated.selector
        );
        refused(sold(delegation(A, 90, 100, 1), delegation(A, 100, 110, 2)), IEvidence.NoContradiction.selector);
        Delegation memory other = delegation(B, 100, 110, 2);
        other.rollups[0] = address(1);
        refused(sold(delegation(A, 90, 100, 1), other), DoubleDelegationJudge.RollupNotDelegated.selector);
    }

    function test_bothSignaturesMustBeTheOperators() public {
        DoubleDelegationEvidence memory e = sold(delegation(A, 90, 100, 1), delegation(B, 100, 110, 2));
        e.secondSignature = signed(keyOfA, e.second);
        refused(e, DoubleDelegationJudge.OtherOperator.selector);
        e = sold(delegation(A, 90, 100, 1), delegation(B, 100, 110, 2));
        e.second.operator = vm.addr(keyOfA);
        e.secondSignature = signed(keyOfA, e.second);
        refused(e, DoubleDelegationJudge.OtherOperator.selector);
    }

    function testFuzz_anEpochFarAwayIsRefusedWithoutOverflow(uint64 epoch) public {
        epoch = uint64(bound(epoch, 102, type(uint64).max));
        DoubleDelegationEvidence memory e =
            sold(delegation(A, 0, type(uint64).max, 1), delegation(B, 0, type(uint64).max, 2));
        e.epoch = epoch;
        refused(e, IEvidence.WindowTooFar.selector);
    }

    // --- Missed slots ---

    function missed(uint64 slot) internal returns (MissedSlotEvidence memory e) {
        e.rollup = rollup;
        e.absence.slot = slot;
        e.absence.rootAt = e.absence.rootBefore = keccak256("the block before");
        lookahead.setProposer(slot, 77, operator);
        registry.lend(operator, slot / 32, A);
    }

    function test_aLentSlotThatPassedForfeitsBeyondTheFreeOnes() public {
        slash(missedSlotJudge, abi.encode(missed(3_210)));
        assertEq(slasher.missesOf(operator, rollup, 2), 1);
        assertFalse(slasher.isForfeited(operator, rollup, 2));
        slash(missedSlotJudge, abi.encode(missed(3_211)));
        assertTrue(slasher.isForfeited(operator, rollup, 2));
        assertEq(address(slasher).balance, 0);
    }

    function test_aSlotMissedCountsOnce() public {
        bytes memory e = abi.encode(missed(3_210));
        bytes32 id = slash(missedSlotJudge, e);
        commitTo(missedSlotJudge, e, watcher);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.AlreadyRecorded.selector, id));
        slasher.slash(missedSlotJudge, e, watcher);
    }

    /// Pitfall: the absence of a root is no proof; equality with the last present one is.
    function test_aSlotWithABlockWasNotMissed() public {
        MissedSlotEvidence memory e = missed(3_210);
        e.absence.rootAt = keccak256("a block");
        expectRefused(missedSlotJudge, abi.encode(e), MissedSlotJudge.SlotHadABlock.selector);
        e.absence.branchAt = new bytes32[](1);
        expectRefused(missedSlotJudge, abi.encode(e), SlashingPresence.BadProof.selector);
    }

    /// Pitfall: missed slot → operator 0.
    function test_aSlotThatNobodyLentIsNobodysFault() public {
        MissedSlotEvidence memory e = missed(3_210);
        registry.lend(operator, 100, 0);
        expectRefused(missedSlotJudge, abi.encode(e), MissedSlotJudge.SlotNotLent.selector);
        e = missed(3_210);
        lookahead.setProposer(3_210, 77, address(0));
        expectRefused(missedSlotJudge, abi.encode(e), MissedSlotJudge.SlotNotLent.selector);
    }
}
