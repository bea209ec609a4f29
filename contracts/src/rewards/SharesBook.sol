// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRewardsMessenger} from "../interfaces/IRewardsMessenger.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {Shares} from "../types/Rewards.sol";
import {Split} from "./Split.sol";

/// How fees are split, by the epoch in which a window ends, for ever. The rollup operator may change it for later epochs only, with a
/// notice in which gateways and validator operators can leave (they need two epochs). What was announced stays: a change can be
/// followed by another, never withdrawn, or a good split could be announced and taken back before it holds.
abstract contract SharesBook is IRewardsMessenger, SlotClock {
    using EpochTrace for EpochTrace.Trace;

    /// @inheritdoc IRewardsMessenger
    address public immutable rollupOperator;
    uint64 public immutable noticeEpochs;

    /// From an epoch: rollup (16) ‖ operator (16) ‖ gateway (16).
    EpochTrace.Trace private _shares;

    constructor(address rollupOperator_, uint64 noticeEpochs_, Shares memory shares) {
        if (rollupOperator_ == address(0)) revert BadConfig("rollupOperator");
        if (noticeEpochs_ < EpochTrace.LEAD_EPOCHS) revert BadConfig("noticeEpochs");
        rollupOperator = rollupOperator_;
        noticeEpochs = noticeEpochs_;
        _shares.begin(_pack(shares));
        emit SharesChanged(0, shares);
    }

    /// @inheritdoc IRewardsMessenger
    function changeShares(Shares calldata shares, uint64 fromEpoch) external {
        if (msg.sender != rollupOperator) revert NotTheRollupOperator(rollupOperator, msg.sender);
        uint64 epoch = currentEpoch();
        if (fromEpoch < epoch + noticeEpochs) revert NoticeTooShort(epoch + noticeEpochs, fromEpoch);
        _shares.push(epoch, fromEpoch, _pack(shares));
        emit SharesChanged(fromEpoch, shares);
    }

    /// @inheritdoc IRewardsMessenger
    function sharesAt(uint64 epoch) public view returns (Shares memory) {
        uint72 packed = _shares.valueAt(epoch);
        return Shares(uint16(packed >> 32), uint16(packed >> 16), uint16(packed));
    }

    function _pack(Shares memory shares) private pure returns (uint72) {
        if (!Split.isWhole(shares)) revert SharesNotWhole(shares);
        return (uint72(shares.rollupBps) << 32) | (uint72(shares.operatorBps) << 16) | shares.gatewayBps;
    }
}
