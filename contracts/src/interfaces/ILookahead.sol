// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Window} from "../types/Windows.sol";
import {LookaheadProof} from "../types/Proofs.sol";

/// Who proposes which L1 slot, proven from `proposer_lookahead` (EIP-7917) against EIP-4788, and who may therefore write which
/// slots of a rollup (R12).
interface ILookahead {
    /// Stores the proposers of `epoch`. Anyone may call; a second valid proof changes nothing.
    function prove(uint64 epoch, LookaheadProof calldata proof) external;

    function isProven(uint64 epoch) external view returns (bool);

    /// Validator index that proposes in `slot`. Reverts `LookaheadUnknown` when its epoch is not proven.
    function proposerAt(uint64 slot) external view returns (uint64 validatorIndex);

    /// Gateway that alone may post the rollup's blocks in `slot`, and the window's identity (its last slot). Needs the slot's own
    /// epoch, and the next one for the tail. Reverts `LookaheadUnknown`, never guesses (R12).
    function ownerAt(address rollup, uint64 slot) external view returns (uint32 gateway, uint64 window);

    /// As `ownerAt` for one slot whose epoch nobody has proven yet: `proof` is an abi-encoded SlotProof. Works only when the
    /// slot's own proposer is registered: then the window ends at that slot.
    function ownerByProof(address rollup, uint64 slot, bytes calldata proof)
        external
        view
        returns (uint32 gateway, uint64 window);

    /// The whole window around `slot`. Needs also the epoch before when the window reaches back into it.
    function windowAt(address rollup, uint64 slot) external view returns (Window memory);

    /// Stores an epoch's owners for a rollup, so that later reads cost a few thousand gas. Anyone may call; idempotent.
    function cacheWindows(address rollup, uint64 epoch) external;
}
