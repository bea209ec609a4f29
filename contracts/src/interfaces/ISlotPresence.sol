// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SlotPresenceProof} from "../types/Proofs.sol";

/// Whether an L1 slot had a block, from two neighbours of `block_roots` in a proven beacon state (R11, R25).
interface ISlotPresence {
    /// True: nobody's block stands in `proof.slot` (both roots equal). False: there is a block. Reverts when the proof is bad.
    function wasMissed(SlotPresenceProof calldata proof) external view returns (bool);
}
