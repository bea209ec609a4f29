// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp} from "../../../src/libraries/rlp/Rlp.sol";
import {TransactionTip} from "../../../src/libraries/trie/TransactionTip.sol";
import {SlashingTransactions} from "../../support/SlashingTransactions.sol";
import {Test} from "../../support/Test.sol";

contract TransactionTipTest is Test {
    function tip(bytes memory transaction, uint256 baseFee) public pure returns (uint256) {
        return TransactionTip.effective(transaction, baseFee);
    }

    /// EIP-1559: min(priority, max - base), or price - base.
    function testFuzz_everyTypePaysWhatItsFieldsSay(uint64 most, uint64 priority, uint64 baseFee) public view {
        baseFee = uint64(bound(baseFee, 0, most));
        uint256 above = most - baseFee;
        uint256 expected = priority < above ? priority : above;
        assertEq(this.tip(SlashingTransactions.legacy(1, most), baseFee), above);
        assertEq(this.tip(SlashingTransactions.accessList(1, most), baseFee), above);
        assertEq(this.tip(SlashingTransactions.dynamicFee(1, most, priority), baseFee), expected);
        assertEq(this.tip(SlashingTransactions.setCode(1, most, priority), baseFee), expected);
    }

    function test_depositsAndBlobTransactionsHaveNoTip() public {
        vm.expectRevert(abi.encodeWithSelector(TransactionTip.TransactionWithoutTip.selector, 0x7e));
        this.tip(hex"7ec0", 0);
        vm.expectRevert(abi.encodeWithSelector(TransactionTip.TransactionWithoutTip.selector, 3));
        this.tip(hex"03c0", 0);
        vm.expectRevert(abi.encodeWithSelector(TransactionTip.TransactionWithoutTip.selector, 0));
        this.tip("", 0);
    }

    function test_aFeeBelowTheBaseFeeIsNoQuestionOfOrder() public {
        vm.expectRevert(abi.encodeWithSelector(TransactionTip.FeeBelowBaseFee.selector, 6, 7));
        this.tip(SlashingTransactions.legacy(1, 6), 7);
    }

    function test_aTransactionWithAnotherNumberOfFieldsIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(TransactionTip.TransactionFieldCount.selector, 2, 3));
        this.tip(hex"02c3010203", 0);
        bytes memory trailing = abi.encodePacked(SlashingTransactions.dynamicFee(1, 9, 1), uint8(0));
        vm.expectPartialRevert(Rlp.RlpTrailingBytes.selector);
        this.tip(trailing, 0);
    }

    /// From the golden vectors that the gateway side wrote.
    function test_aRealTransactionIsRead() public view {
        string memory json = fixture("messages/preconfirmations.json");
        bytes memory raw = vm.parseJsonBytes(json, ".objects[1].object.transaction");
        uint256 baseFee = vm.parseJsonUint(json, ".objects[1].object.blockEnv.baseFee");
        assertGt(this.tip(raw, baseFee), 0);
        assertEq(keccak256(raw), vm.parseJsonBytes32(json, ".objects[1].object.leaf.txHash"));
    }
}
