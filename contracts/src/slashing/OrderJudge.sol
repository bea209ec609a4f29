// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Leaf} from "../libraries/promise/PromiseTree.sol";
import {TransactionTip} from "../libraries/trie/TransactionTip.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {OrderEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {Promises} from "./Promises.sol";

/// order (R19), rule 1 only: within one frag the effective tip never rises, and no sender has two transactions. Between frags any
/// order is allowed; rule 0 (arrival) is not visible in leaves and not judged.
contract OrderJudge is Promises {
    error RuleNotJudged(uint8 orderingRule);
    error NotInOrderOfPlace(uint256 earlier, uint256 later);
    error OtherTransaction(bytes32 expected, bytes32 got);

    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(OrderEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        OrderEvidence memory e = abi.decode(_measured(evidence), (OrderEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        _signed(trial, e.frag.base, MessageHashes.hash(e.frag), e.signature);
        if (e.frag.orderingRule != 1) revert RuleNotJudged(e.frag.orderingRule);
        _env(e.frag, e.env);
        if (e.earlier.index >= e.later.index) revert NotInOrderOfPlace(e.earlier.index, e.later.index);
        _leafOf(e.frag, e.earlier, e.earlierBranch);
        _leafOf(e.frag, e.later, e.laterBranch);
        // Both are read even when one sender stands twice: deposits are exempt, and only their bytes show what they are.
        uint256 before = _tip(e.earlier, e.earlierTransaction, e.env.baseFee);
        uint256 behind = _tip(e.later, e.laterTransaction, e.env.baseFee);
        if (behind <= before && e.earlier.sender != e.later.sender) revert NoContradiction();
        return _safety(trial, FaultKind.Order);
    }

    function _tip(Leaf memory leaf, bytes memory transaction, uint64 baseFee) private pure returns (uint256) {
        bytes32 hash = keccak256(transaction);
        if (hash != leaf.txHash) revert OtherTransaction(leaf.txHash, hash);
        return TransactionTip.effective(transaction, baseFee);
    }
}
