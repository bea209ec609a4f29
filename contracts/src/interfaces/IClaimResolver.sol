// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Says whether a disputed batch's data derives to what it claims (R4).
interface IClaimResolver {
    /// Called by the Inbox when a batch is disputed.
    function open(uint32 batchId) external;
}
