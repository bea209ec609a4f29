// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    BrokenBaseEvidence,
    DoubleDelegationEvidence,
    FalseClaimEvidence,
    ForkEvidence,
    LateEvidence,
    LieEvidence,
    MissedSlotEvidence,
    OrderEvidence,
    SealedBatchEvidence,
    ShiftEvidence,
    TwinLeavesEvidence,
    UnkeptEvidence
} from "../slashing/Evidence.sol";
import {SlotProof} from "../types/Proofs.sol";

/// Nobody implements this: it carries the shapes of evidence into an ABI, so that watchers in other languages generate their types
/// from it instead of writing them again. `evidence` of a judge is abi.encode of the one argument.
interface IEvidenceShapes {
    function fork(ForkEvidence calldata evidence) external;
    function twinLeaves(TwinLeavesEvidence calldata evidence) external;
    function sealedBatch(SealedBatchEvidence calldata evidence) external;
    function lie(LieEvidence calldata evidence) external;
    function unkept(UnkeptEvidence calldata evidence) external;
    function late(LateEvidence calldata evidence) external;
    function brokenBase(BrokenBaseEvidence calldata evidence) external;
    function falseClaim(FalseClaimEvidence calldata evidence) external;
    function order(OrderEvidence calldata evidence) external;
    function doubleDelegation(DoubleDelegationEvidence calldata evidence) external;
    function missedSlot(MissedSlotEvidence calldata evidence) external;
    function shift(ShiftEvidence calldata evidence) external;
    /// Not evidence, but bytes as well: `Posting.slotProof`, and the proof of `ILookahead.ownerByProof`.
    function slotProof(SlotProof calldata proof) external;
}
