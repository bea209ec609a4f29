// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// L1 time as every contract sees it. All four values are fixed at deployment; 2^64 seconds never overflow here.
abstract contract SlotClock {
    /// Unix seconds of slot 0.
    uint64 public immutable genesisTime;
    uint64 public immutable secondsPerSlot;
    uint64 public immutable slotsPerEpoch;

    error BadClock(uint64 genesisTime, uint64 secondsPerSlot, uint64 slotsPerEpoch);
    error TimeBeforeGenesis(uint256 timestamp, uint64 genesisTime);

    constructor(uint64 genesisTime_, uint64 secondsPerSlot_, uint64 slotsPerEpoch_) {
        if (genesisTime_ == 0 || secondsPerSlot_ == 0 || slotsPerEpoch_ == 0 || slotsPerEpoch_ > 32) {
            revert BadClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_);
        }
        genesisTime = genesisTime_;
        secondsPerSlot = secondsPerSlot_;
        slotsPerEpoch = slotsPerEpoch_;
    }

    function slotAt(uint256 timestamp) public view returns (uint64) {
        if (timestamp < genesisTime) revert TimeBeforeGenesis(timestamp, genesisTime);
        return uint64((timestamp - genesisTime) / secondsPerSlot);
    }

    function currentSlot() public view returns (uint64) {
        return slotAt(block.timestamp);
    }

    function currentEpoch() public view returns (uint64) {
        return currentSlot() / slotsPerEpoch;
    }

    /// Unix seconds at which `slot` starts.
    function startOf(uint64 slot) public view returns (uint256) {
        return uint256(genesisTime) + uint256(slot) * secondsPerSlot;
    }
}
