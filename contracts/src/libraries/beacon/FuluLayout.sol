// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../interfaces/IBeaconLayout.sol";
import {Ssz} from "./Ssz.sol";

/// BeaconState of Fulu (EIP-7917; consensus-specs, fulu/beacon-chain.md): 38 fields, so 64 leaves under the root. Fulu's places
/// only: Gloas moves all of them, and gets a layout of its own in the `BeaconVerifiers` table.
contract FuluLayout is IBeaconLayout {
    /// Field number + 64.
    uint256 private constant BLOCK_ROOTS = 64 + 5;
    uint256 private constant VALIDATORS = 64 + 11;
    uint256 private constant PROPOSER_LOOKAHEAD = 64 + 37;

    /// `List[Validator, 2^40]`: its data root is the left child, the length the right one.
    uint256 private constant FIRST_VALIDATOR = (VALIDATORS * 2) << 40;
    uint64 private constant VALIDATOR_LIMIT = 1 << 40;
    /// A validator has eight leaves; the parent of leaves 0 and 1 is one of four nodes.
    uint256 private constant VALIDATOR_NODES = 4;

    uint256 private constant INDICES_PER_CHUNK = 4;

    uint64 public immutable slotsPerEpoch;
    uint64 public immutable slotsPerHistoricalRoot;

    /// `slotsPerEpoch_` names the preset: 32 mainnet, 8 minimal.
    constructor(uint64 slotsPerEpoch_) {
        if (slotsPerEpoch_ != 32 && slotsPerEpoch_ != 8) revert UnknownPreset(slotsPerEpoch_);
        slotsPerEpoch = slotsPerEpoch_;
        slotsPerHistoricalRoot = slotsPerEpoch_ == 32 ? 8192 : 64;
    }

    function checkLookaheadHalf(bytes32 stateRoot, bool nextEpoch, bytes32[] calldata chunks, bytes32[] calldata branch)
        external
        view
    {
        bytes32 half = Ssz.rootOfChunks(chunks, slotsPerEpoch / INDICES_PER_CHUNK);
        _check(stateRoot, half, branch, PROPOSER_LOOKAHEAD * 2 + (nextEpoch ? 1 : 0));
    }

    // Chunks are counted whole.
    // slither-disable-next-line divide-before-multiply
    function checkLookaheadChunk(
        bytes32 stateRoot,
        bool nextEpoch,
        uint64 slotInEpoch,
        bytes32 chunk,
        bytes32[] calldata branch
    ) external view {
        if (slotInEpoch >= slotsPerEpoch) revert SlotOutsideEpoch(slotInEpoch, slotsPerEpoch);
        uint256 chunksPerHalf = slotsPerEpoch / INDICES_PER_CHUNK;
        uint256 half = PROPOSER_LOOKAHEAD * 2 + (nextEpoch ? 1 : 0);
        _check(stateRoot, chunk, branch, half * chunksPerHalf + slotInEpoch / INDICES_PER_CHUNK);
    }

    function checkValidator(
        bytes32 stateRoot,
        uint64 validatorIndex,
        bytes32 pubkeyRoot,
        bytes32 withdrawalCredentials,
        bytes32[] calldata branch
    ) external view {
        // An index beyond the limit would carry into the bits above and name a node of another subtree.
        if (validatorIndex >= VALIDATOR_LIMIT) revert ValidatorIndexTooLarge(validatorIndex);
        bytes32 node = Ssz.pair(pubkeyRoot, withdrawalCredentials);
        _check(stateRoot, node, branch, (FIRST_VALIDATOR + validatorIndex) * VALIDATOR_NODES);
    }

    function checkBlockRoot(bytes32 stateRoot, uint64 slot, bytes32 root, bytes32[] calldata branch) external view {
        uint256 gindex = BLOCK_ROOTS * slotsPerHistoricalRoot + slot % slotsPerHistoricalRoot;
        _check(stateRoot, root, branch, gindex);
    }

    function _check(bytes32 stateRoot, bytes32 leaf, bytes32[] calldata branch, uint256 gindex) private view {
        bytes32 got = Ssz.rootOf(leaf, branch, gindex);
        if (got != stateRoot) revert StateMismatch(stateRoot, got);
    }
}
