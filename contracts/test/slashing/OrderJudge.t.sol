// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Leaf, PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {TransactionTip} from "../../src/libraries/trie/TransactionTip.sol";
import {OrderEvidence} from "../../src/slashing/Evidence.sol";
import {OrderJudge} from "../../src/slashing/OrderJudge.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {SlashingTransactions} from "../support/SlashingTransactions.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// A frag under rule 1 with base fee 7: transactions at 4 and 6, one between them.
contract OrderJudgeTest is SlashingWorld {
    function ordered(bytes memory earlier, bytes memory later, address sender, address laterSender)
        internal
        view
        returns (OrderEvidence memory e)
    {
        e.accused = accuse(A);
        e.frag = fragOf(A, 101, 5);
        e.frag.orderingRule = 1;
        e.frag.firstTransaction = 4;
        e.frag.transactionCount = 3;
        e.env = env();
        e.earlier = Leaf(4, keccak256(earlier), sender, keccak256("r"), keccak256("w"), 0);
        e.later = Leaf(6, keccak256(later), laterSender, keccak256("r"), keccak256("w"), 0);
        e.earlierTransaction = earlier;
        e.laterTransaction = later;
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = PromiseTree.hash(e.earlier);
        leaves[1] = keccak256("between");
        leaves[2] = PromiseTree.hash(e.later);
        e.frag.promisesRoot = SlashingTree.root(leaves);
        e.earlierBranch = SlashingTree.branch(leaves, 0);
        e.laterBranch = SlashingTree.branch(leaves, 2);
        e.signature = sign(A, MessageHashes.hash(e.frag));
    }

    function tips(uint256 earlier, uint256 later) internal view returns (OrderEvidence memory) {
        return ordered(
            SlashingTransactions.dynamicFee(1, 100, earlier),
            SlashingTransactions.dynamicFee(2, 100, later),
            address(1),
            address(2)
        );
    }

    function refused(OrderEvidence memory e, bytes4 reason) internal {
        expectRefused(orderJudge, abi.encode(e), reason);
    }

    function test_aTipThatRisesWithinAFragBreaksTheRule() public view {
        assertEq(uint8(orderJudge.judge(abi.encode(tips(5, 6))).kind), uint8(FaultKind.Order));
    }

    function test_equalAndFallingTipsAreInOrder() public {
        refused(tips(5, 5), IEvidence.NoContradiction.selector);
        refused(tips(6, 5), IEvidence.NoContradiction.selector);
    }

    /// R19: a nonce chain would force an order of its own.
    function test_twoTransactionsOfOneSenderBreakTheRule() public view {
        bytes memory a = SlashingTransactions.dynamicFee(1, 100, 5);
        bytes memory b = SlashingTransactions.legacy(2, 9);
        orderJudge.judge(abi.encode(ordered(a, b, address(1), address(1))));
    }

    function testFuzz_onlyARisingEffectiveTipIsAFault(uint32 a, uint32 b, bool legacy) public {
        bytes memory later = legacy
            ? SlashingTransactions.legacy(2, uint256(b) + 7)
            : SlashingTransactions.setCode(2, uint256(b) + 7, type(uint64).max);
        OrderEvidence memory e =
            ordered(SlashingTransactions.accessList(1, uint256(a) + 7), later, address(1), address(2));
        if (b <= a) refused(e, IEvidence.NoContradiction.selector);
        else orderJudge.judge(abi.encode(e));
    }

    /// Deposits are exempt, even two of one sender.
    function test_depositsAreExempt() public {
        bytes memory deposit = hex"7ef8";
        bytes memory transaction = SlashingTransactions.dynamicFee(2, 100, 9);
        refused(ordered(deposit, transaction, address(1), address(2)), TransactionTip.TransactionWithoutTip.selector);
        refused(ordered(deposit, hex"7ef9", address(1), address(1)), TransactionTip.TransactionWithoutTip.selector);
    }

    function test_ruleNoughtIsNotJudged() public {
        OrderEvidence memory e = tips(5, 6);
        e.frag.orderingRule = 0;
        e.signature = sign(A, MessageHashes.hash(e.frag));
        refused(e, OrderJudge.RuleNotJudged.selector);
    }

    function test_eachPartOfTheEvidenceIsBound() public {
        OrderEvidence memory e = tips(5, 6);
        e.laterTransaction = SlashingTransactions.dynamicFee(2, 100, 7);
        refused(e, OrderJudge.OtherTransaction.selector);
        e = tips(5, 6);
        e.env.baseFee = 0;
        refused(e, IEvidence.OtherEnv.selector);
        e = tips(5, 6);
        e.signature = sign(B, MessageHashes.hash(e.frag));
        refused(e, CommitterSignatures.NotAMember.selector);
        e = tips(5, 6);
        e.later.sender = address(1);
        refused(e, IEvidence.OtherRoot.selector);
        e = tips(6, 5);
        (e.earlier, e.later) = (e.later, e.earlier);
        (e.earlierBranch, e.laterBranch) = (e.laterBranch, e.earlierBranch);
        (e.earlierTransaction, e.laterTransaction) = (e.laterTransaction, e.earlierTransaction);
        refused(e, OrderJudge.NotInOrderOfPlace.selector);
        e = tips(5, 6);
        e.later = e.earlier;
        refused(e, OrderJudge.NotInOrderOfPlace.selector);
    }

    function testFuzz_anyChangedByteConvictsNobody(uint256 place, uint8 change) public {
        bytes memory e = abi.encode(tips(5, 6));
        place = bound(place, 0, e.length - 1);
        e[place] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert();
        orderJudge.judge(e);
    }
}
