// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IRewardsManager} from "../interfaces/IRewardsManager.sol";
import {BlockHistory} from "../libraries/BlockHistory.sol";
import {OpPredeploys} from "../libraries/OpPredeploys.sol";
import {AccountProof} from "../libraries/trie/AccountProof.sol";
import {BlockHeader} from "../libraries/trie/BlockHeader.sol";
import {FeeProof} from "../types/Rewards.sol";

/// What had ever come in at the end of a block: a fact of the chain, the same whoever proves it and when.
///
/// shared = balances of …0011, …0019, …001B + what left …0011 - what left …001A
/// L1 fees = balance of …001A + what left it
///
/// Vaults pay only to each other and to …0011, so moving money between them changes neither sum.
abstract contract Checkpoints is IFeeVault, IRewardsManager {
    struct Reading {
        uint120 sharedWei;
        uint120 l1FeesWei;
        bool known;
    }

    /// Slot 0, where an OP Stack fee vault has it and proofs look for it. Counts claims and burns.
    /// @inheritdoc IFeeVault
    uint256 public totalProcessed;
    /// Slot 1. No code writes it: genesis does.
    /// @inheritdoc IRewardsManager
    // slither-disable-next-line uninitialized-state,constable-states
    address public messenger;
    mapping(uint64 blockNumber => Reading) private _readings;

    uint256 private constant PROCESSED_SLOT = 0;

    /// @inheritdoc IRewardsManager
    function checkpoint(FeeProof calldata proof) external {
        (uint64 number, bytes32 stateRoot) = BlockHeader.state(proof.header);
        bytes32 expected = BlockHistory.hashOf(number);
        if (expected == 0) revert BlockUnknown(number);
        bytes32 got = keccak256(proof.header);
        if (got != expected) revert WrongHeader(number, expected, got);

        (uint256 sharedWei, bytes32 managerStorage) =
            AccountProof.read(stateRoot, OpPredeploys.SEQUENCER_FEE_VAULT, proof.manager);
        (uint256 balanceWei,) = AccountProof.read(stateRoot, OpPredeploys.BASE_FEE_VAULT, proof.baseFees);
        sharedWei += balanceWei;
        (balanceWei,) = AccountProof.read(stateRoot, OpPredeploys.OPERATOR_FEE_VAULT, proof.operatorFees);
        sharedWei += balanceWei + AccountProof.word(managerStorage, PROCESSED_SLOT, proof.managerProcessed);
        (uint256 l1FeesWei, bytes32 l1Storage) = AccountProof.read(stateRoot, OpPredeploys.L1_FEE_VAULT, proof.l1Fees);
        uint256 l1Processed = AccountProof.word(l1Storage, PROCESSED_SLOT, proof.l1Processed);
        // What left the L1 fee vault came in at the manager's: no underflow.
        sharedWei -= l1Processed;
        l1FeesWei += l1Processed;

        _readings[number] = Reading(_fits(sharedWei), _fits(l1FeesWei), true);
        emit Checkpointed(number, sharedWei, l1FeesWei);
    }

    /// @inheritdoc IRewardsManager
    function checkpointAt(uint64 blockNumber) external view returns (bool known, uint256 sharedWei, uint256 l1FeesWei) {
        Reading memory reading = _readings[blockNumber];
        return (reading.known, reading.sharedWei, reading.l1FeesWei);
    }

    /// Both borders of a batch. False when one is missing and can never be had again: `BorderMissing` while it still can, and no
    /// other one is lost.
    function _borders(uint64 firstBlock, uint64 lastBlock)
        internal
        view
        returns (bool measured, Reading memory start, Reading memory end)
    {
        start = _readings[firstBlock - 1];
        end = _readings[lastBlock];
        if (start.known && end.known) return (true, start, end);
        bool lost = (!start.known && _isForgotten(firstBlock - 1)) || (!end.known && _isForgotten(lastBlock));
        if (!lost) revert BorderMissing(start.known ? lastBlock : firstBlock - 1);
    }

    function _isForgotten(uint64 blockNumber) private view returns (bool) {
        return block.number > blockNumber + BlockHistory.BLOCKS;
    }

    function _fits(uint256 amountWei) private pure returns (uint120) {
        if (amountWei > type(uint120).max) revert TooMuch(amountWei);
        return uint120(amountWei);
    }
}
