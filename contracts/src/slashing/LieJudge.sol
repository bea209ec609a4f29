// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {LieEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {Promises} from "./Promises.sol";

/// lie (R7): the accused's own batch, naming the promise's base, has other content at the promised position, or nothing, or other
/// header fields. Judged at once, posted or not: a gateway answers for what it signed itself (R4.5). A batch under another base is
/// no lie, and somebody else's batch is never held against it: so nobody can frame it by a false claim.
contract LieJudge is Promises {
    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(LieEvidence).
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        LieEvidence memory e = abi.decode(_measured(evidence), (LieEvidence));
        _onlySpelling(evidence, abi.encode(e));
        Trial memory trial = _open(e.accused);
        _promised(trial, e.promised);
        _signed(trial, e.own.batch.base, MessageHashes.hash(e.own.batch), e.own.signature);
        _differs(e.promised, e.own.batch, e.content);
        return _safety(trial, FaultKind.Lie);
    }
}
