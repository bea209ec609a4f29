// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Base, Batch} from "../types/Messages.sol";
import {CommitterSet, RollupConfig} from "../types/Windows.sol";

/// How far a batch has come. Computed when read, never dependent on somebody's poke.
enum BatchStatus {
    Unknown,
    Posted,
    Disputed,
    Confirmed,
    Void,
    Orphaned
}

/// A batch as the Inbox remembers it.
struct BatchRecord {
    /// hashStruct of the Batch.
    bytes32 batchHash;
    /// hashStruct of the Base it names.
    bytes32 base;
    uint32 gateway;
    uint32 parentId;
    uint64 window;
    uint64 postedSlot;
    uint64 firstBlock;
    uint64 lastBlock;
    /// Who paid for posting, and what it cost (execution gas and blobs), in wei.
    address poster;
    uint96 costWei;
}

/// What comes with a batch: preimages and permits.
struct Posting {
    Batch batch;
    /// Who signs for the gateway.
    CommitterSet set;
    /// Preimage of `batch.base`, and the gateway's signature on it: the first batch of a base brings it, later ones leave it empty.
    Base base;
    bytes baseSignature;
    /// When the poster's window is over: the present owner's signed Base, a permit up to its parentBlock (R5). Else empty.
    Base permit;
    CommitterSet permitSet;
    bytes permitSignature;
    /// abi-encoded SlotProof when nobody has proven the slot's epoch. Else empty.
    bytes slotProof;
}

/// One rollup's door to L1: batches in the order of their chain, written by the owner of the window (R1, R4, R5, R8).
interface IInbox {
    function config() external view returns (RollupConfig memory);

    /// EIP-712 separator of all chain messages of this rollup.
    function domainSeparator() external view returns (bytes32);

    /// Posts one batch over this transaction's next `batch.blobHashes.length` blobs. `slot` must be the slot of block.timestamp.
    function postBatch(Posting calldata posting, bytes calldata gatewaySignature, uint64 slot)
        external
        returns (uint32 batchId);

    /// As `postBatch` on a parent that is not the newest batch: every batch skipped is disputed, with one bond each (R4).
    function postBatchDisputing(Posting calldata posting, bytes calldata gatewaySignature, uint64 slot)
        external
        payable
        returns (uint32 batchId);

    function dispute(uint32 batchId) external payable;

    /// The resolver's final word. Only the resolver.
    function resolve(uint32 batchId, bool isVoid) external;

    /// Reverts unless `gateway` owns `slot`.
    function verifyGateway(uint32 gateway, uint64 slot) external view;

    function record(uint32 batchId) external view returns (BatchRecord memory);

    function statusOf(uint32 batchId) external view returns (BatchStatus);

    /// Ids run from 1 in order of posting; 0 is the rollup's genesis.
    function batchCount() external view returns (uint32);

    /// The batch the next one must name.
    function newest() external view returns (uint32 batchId);

    /// The last batch posted in or before `slot`; 0 when there is none.
    function lastPostedBy(uint64 slot) external view returns (uint32 batchId);

    /// hashStruct of the Base stored for `window` and its gateway; zero when no batch of that window was posted.
    function baseOf(uint64 window) external view returns (bytes32);

    /// First and last rollup block whose timestamp lies in the turn of the window [firstSlot, lastSlot] (R1).
    function blocksOf(uint64 firstSlot, uint64 lastSlot) external view returns (uint64 firstBlock, uint64 lastBlock);

    /// Last slot of the posting window whose turn the block lies in is at or after this slot: slot of its timestamp + H.
    function earliestPostingSlot(uint64 blockNumber) external view returns (uint64 slot);
}
