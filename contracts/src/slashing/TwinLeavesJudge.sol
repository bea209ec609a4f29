// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {PromiseTree} from "../libraries/promise/PromiseTree.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Frag} from "../types/Messages.sol";
import {PlacedLeaf, TwinLeavesEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";

/// Fork (f) of R2: one signed frag whose tree holds two different leaves for one index. With the path pinned by the index (R18) only
/// one of them convinces a careful holder; the other one was made to convince a careless one.
contract TwinLeavesJudge is Judge {
    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(TwinLeavesEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        TwinLeavesEvidence memory e = abi.decode(_measured(evidence), (TwinLeavesEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        _signed(trial, e.frag.base, MessageHashes.hash(e.frag), e.signature);
        bytes32 first = _leaf(e.frag, e.first);
        bytes32 second = _leaf(e.frag, e.second);
        if (e.first.leaf.index != e.second.leaf.index || first == second) revert NoContradiction();
        return _safety(trial, FaultKind.Fork);
    }

    function _leaf(Frag memory frag, PlacedLeaf memory placed) private pure returns (bytes32 hash) {
        hash = PromiseTree.hash(placed.leaf);
        bytes32 root = PromiseTree.root(hash, placed.place, frag.transactionCount, placed.branch);
        if (root != frag.promisesRoot) revert OtherRoot(frag.promisesRoot, root);
    }
}
