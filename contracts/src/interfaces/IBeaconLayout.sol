// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Where things stand in a beacon state of one fork. Each function reverts unless the branch ends in `stateRoot` at the one place
/// this fork has for the thing: exact length, pinned generalized index. Stateless; trusts nothing but `stateRoot`.
interface IBeaconLayout {
    error UnknownPreset(uint64 slotsPerEpoch);
    error StateMismatch(bytes32 expected, bytes32 got);
    error SlotOutsideEpoch(uint64 slotInEpoch, uint64 slotsPerEpoch);
    error ValidatorIndexTooLarge(uint64 validatorIndex);

    /// Slots per epoch of the preset: 32 mainnet, 8 minimal.
    function slotsPerEpoch() external view returns (uint64);

    /// Length of the ring `block_roots`, in slots: 8192 mainnet, 64 minimal.
    function slotsPerHistoricalRoot() external view returns (uint64);

    /// `chunks` (four uint64 each) are the state's own epoch's half of `proposer_lookahead`, or the next epoch's.
    function checkLookaheadHalf(bytes32 stateRoot, bool nextEpoch, bytes32[] calldata chunks, bytes32[] calldata branch)
        external
        view;

    /// `chunk` is the one that holds the proposer of the epoch's slot number `slotInEpoch`.
    function checkLookaheadChunk(
        bytes32 stateRoot,
        bool nextEpoch,
        uint64 slotInEpoch,
        bytes32 chunk,
        bytes32[] calldata branch
    ) external view;

    /// Validator `validatorIndex` has these first two leaves; `branch` starts at the sibling of their parent.
    function checkValidator(
        bytes32 stateRoot,
        uint64 validatorIndex,
        bytes32 pubkeyRoot,
        bytes32 withdrawalCredentials,
        bytes32[] calldata branch
    ) external view;

    /// `root` stands in `block_roots` at the ring place of `slot`. Says nothing about how old that entry is.
    function checkBlockRoot(bytes32 stateRoot, uint64 slot, bytes32 root, bytes32[] calldata branch) external view;
}
