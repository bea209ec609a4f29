// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SlotPresenceProof} from "../types/Proofs.sol";

/// Says from a beacon state whether a slot had a block.
interface ISlotPresence {
    /// True when `block_roots[slot] == block_roots[slot - 1]`, false when they differ. Reverts when the proof is bad, or the slot
    /// is not among the 8192 before the proven state.
    function wasMissed(SlotPresenceProof calldata proof) external view returns (bool);
}
