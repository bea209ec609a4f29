// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "./IInbox.sol";

/// A verdict moves from the one who broke a promise, or posted none of its blocks, to the one on whom its base rests.
struct Shift {
    address rollup;
    /// Who promised, and under which Base.
    uint32 gateway;
    bytes32 base;
    /// Who pays instead, and under which Base it was convicted.
    uint32 liableGateway;
    bytes32 liableBase;
    /// Window of that base.
    uint64 liableWindow;
}

/// Says who answers for a gateway's unkept promises and late windows (R5).
interface IExcuses {
    /// The predecessor's rollup is another one.
    error ExcuseOfAnotherRollup(address expected, address got);
    /// A gateway is no excuse for itself.
    error OwnPredecessor(uint32 gateway);
    /// Not the seal or batch that the base rests on.
    error RestsElsewhere(bytes32 expected, bytes32 got);
    /// The posted batch stood: what it holds broke no promise.
    error ParentStands(uint32 batchId);
    /// The posted batch may still come to stand: it is neither void nor orphaned yet. Try again once it is.
    error ParentUndecided(uint32 batchId, BatchStatus status);
    /// The convicted Base is of another window than the one rested on.
    error OtherWindow(uint64 expected, uint64 got);
    /// No fork or falseClaim verdict stands under that base.
    error NoVerdict(uint32 gateway, bytes32 base);

    /// `evidence`: abi.encode(ShiftEvidence). Reverts unless a verdict excuses everything promised under that base.
    function shift(bytes calldata evidence) external view returns (Shift memory);
}
