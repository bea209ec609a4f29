// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Says whether a disputed batch's data derives to what it claims, *taking what its parent claims for true* (R4). The Inbox hears a
/// verdict only when all before the batch is Confirmed, so there that makes no difference.
interface IClaimResolver {
    /// Called by the Inbox when a batch is disputed: a notice, given with bounded gas and not repeated. The truth about a dispute is in
    /// `IInbox.disputeOf`.
    function open(uint32 batchId) external;
}
