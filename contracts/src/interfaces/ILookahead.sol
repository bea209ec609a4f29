// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Window} from "../types/Windows.sol";
import {LookaheadProof} from "../types/Proofs.sol";

/// Who proposes which L1 slot, proven from `proposer_lookahead` (EIP-7917) against EIP-4788, and who may therefore write which
/// slots of a rollup (R12).
///
/// **Registered.** A proposer slot p is registered for a rollup when its validator has an operator in epoch(p) and the operator's
/// slots of epoch(p) are lent, for that rollup, to a gateway that is eligible then.
///
/// **Owner of slot s**: of the first registered p >= s in epoch(s); else, when s is `lookaheadDepth + handoverSlots` or more slots
/// into its epoch (its *tail*), of the first registered p of epoch(s) + 1; else the rollup's fallback gateway.
///
/// **Window**: the run of slots that share a p. Two neighbouring registered slots are two windows, even of one gateway. A window
/// may begin in the tail of the epoch before its own. Slots without a p form fallback windows, which cross neither the border of
/// an epoch nor that of its tail: else a fallback window before the tail would end at a place that depends on the next epoch's
/// proposers, unknown when its turn begins, and the honest fallback gateway would sign a Base that names the wrong window.
///
/// **Final.** Registries change two epochs ahead and an epoch is provable only from the one before it on, so everything an answer
/// rests on is final as soon as it can be proven: no later `prove`, `cacheWindows` or registration changes an answer. Unproven is
/// always a revert, never "nobody".
interface ILookahead {
    event LookaheadProven(uint64 indexed epoch);
    event WindowsCached(address indexed rollup, uint64 indexed epoch);

    /// The proposers of `epoch` are not proven, or so long ago that they are forgotten.
    error LookaheadUnknown(uint64 epoch);
    /// A newer epoch already stands in the old one's place.
    error LookaheadForgotten(uint64 epoch);
    /// A state proves the epoch it lies in and the one after, by its own slot; the slot given is the proven one.
    error HeaderOutsideEpoch(uint64 headerSlot, uint64 epoch);
    /// A validator index of 2^28 or more: twenty times what mainnet may have in twenty years.
    error ValidatorIndexTooLarge(uint64 epoch, bytes32 chunk);
    error EpochTooLarge(uint64 epoch);
    /// The rollup has windows only from `firstEpoch` on.
    error BeforeFirstEpoch(uint64 epoch, uint64 firstEpoch);
    /// `ownerByProof` answers only for slots whose own proposer is registered.
    error ProposerNotRegistered(uint64 slot, uint64 validatorIndex);
    /// Windows can be cached once their epoch has begun.
    error EpochNotBegun(uint64 epoch, uint64 currentEpoch);
    error NotARollup(address rollup);
    error BadHistory(uint64 historyEpochs);

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

    /// Stores an epoch's owners for a rollup, so that later reads cost a few thousand gas. Anyone may call; idempotent. Needs the
    /// epoch itself, the one before (unless the rollup begins here) and, if the epoch has a tail that is not its own, the next.
    function cacheWindows(address rollup, uint64 epoch) external;
}
