// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../interfaces/IInbox.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {RollupConfig} from "../types/Windows.sol";

/// The rollup's fixed facts, and its time: which blocks belong to which turn (R1). Block time is fixed, so both ways are divisions.
abstract contract TurnClock is SlotClock, IInbox {
    uint64 internal immutable l2GenesisTime;
    uint64 internal immutable blockTimeSeconds;
    bytes32 internal immutable l2GenesisHash;
    uint64 internal immutable handoverSlots;
    uint64 internal immutable lookaheadDepth;
    uint32 internal immutable fallbackGateway;
    uint8 internal immutable orderingRule;
    uint64 internal immutable firstEpoch;
    uint64 internal immutable claimWindowSeconds;
    uint64 internal immutable resolverSeconds;
    uint256 internal immutable disputeBondWei;
    uint64 internal immutable maxOriginLag;

    /// @inheritdoc IInbox
    uint64 public immutable sequencingWindowSlots;

    constructor(
        RollupConfig memory facts,
        uint64 sequencingWindowSlots_,
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_
    ) SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_) {
        if (facts.l2GenesisTime == 0) revert BadConfig("l2GenesisTime");
        if (facts.blockTimeSeconds == 0) revert BadConfig("blockTimeSeconds");
        if (facts.handoverSlots == 0 || facts.handoverSlots > slotsPerEpoch_) revert BadConfig("handoverSlots");
        if (facts.fallbackGateway == 0) revert BadConfig("fallbackGateway");
        if (facts.orderingRule > 1) revert BadConfig("orderingRule");
        if (facts.claimWindowSeconds == 0) revert BadConfig("claimWindowSeconds");
        if (facts.resolverSeconds == 0) revert BadConfig("resolverSeconds");
        if (facts.disputeBondWei == 0) revert BadConfig("disputeBondWei");
        if (facts.maxOriginLag == 0) revert BadConfig("maxOriginLag");
        // R8: longer than the longest window (two epochs) and the slots in which a successor covers it.
        if (sequencingWindowSlots_ < 2 * slotsPerEpoch_ + facts.handoverSlots) {
            revert BadConfig("sequencingWindowSlots");
        }
        l2GenesisTime = facts.l2GenesisTime;
        blockTimeSeconds = facts.blockTimeSeconds;
        l2GenesisHash = facts.l2GenesisHash;
        handoverSlots = facts.handoverSlots;
        lookaheadDepth = facts.lookaheadDepth;
        fallbackGateway = facts.fallbackGateway;
        orderingRule = facts.orderingRule;
        firstEpoch = facts.firstEpoch;
        claimWindowSeconds = facts.claimWindowSeconds;
        resolverSeconds = facts.resolverSeconds;
        disputeBondWei = facts.disputeBondWei;
        maxOriginLag = facts.maxOriginLag;
        sequencingWindowSlots = sequencingWindowSlots_;
    }

    /// @inheritdoc IInbox
    function config() external view returns (RollupConfig memory facts) {
        facts.l2GenesisTime = l2GenesisTime;
        facts.blockTimeSeconds = blockTimeSeconds;
        facts.l2GenesisHash = l2GenesisHash;
        facts.handoverSlots = handoverSlots;
        facts.lookaheadDepth = lookaheadDepth;
        facts.fallbackGateway = fallbackGateway;
        facts.orderingRule = orderingRule;
        facts.firstEpoch = firstEpoch;
        facts.claimWindowSeconds = claimWindowSeconds;
        facts.resolverSeconds = resolverSeconds;
        facts.disputeBondWei = disputeBondWei;
        facts.maxOriginLag = maxOriginLag;
    }

    /// @inheritdoc IInbox
    function blocksOf(uint64 firstSlot, uint64 lastSlot) public view returns (uint64 firstBlock, uint64 lastBlock) {
        uint256 shift = uint256(handoverSlots) * secondsPerSlot;
        uint256 start = startOf(firstSlot);
        // One past the turn's last second.
        uint256 end = startOf(lastSlot) + secondsPerSlot;
        firstBlock = _firstBlockFrom(start > shift ? start - shift : 0);
        lastBlock = _firstBlockFrom(end > shift ? end - shift : 0) - 1;
    }

    /// @inheritdoc IInbox
    function earliestPostingSlot(uint64 blockNumber) public view returns (uint64 slot) {
        uint256 shifted =
            uint256(l2GenesisTime) + uint256(blockNumber) * blockTimeSeconds + uint256(handoverSlots) * secondsPerSlot;
        return shifted < genesisTime ? 0 : slotAt(shifted);
    }

    /// Lowest block, from 1, with a timestamp at or after `timestamp`.
    function _firstBlockFrom(uint256 timestamp) private view returns (uint64) {
        if (timestamp <= uint256(l2GenesisTime) + blockTimeSeconds) return 1;
        // Beyond 2^64 only for slots that cannot be: such a window has no owner.
        return uint64((timestamp - l2GenesisTime + blockTimeSeconds - 1) / blockTimeSeconds);
    }
}
