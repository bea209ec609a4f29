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
    /// Who paid for posting, and what it cost (execution gas and blobs), in wei. Kept only when the batch begins before the turn of
    /// its window, that is when it covers somebody; else both are zero.
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
///
/// Batches form a tree: each names its parent, and of several children of one parent the *first that is not void* is on the
/// chain. So at any time the verdicts given so far decide one path, and a batch that loses a race is Orphaned, never at fault (R4).
interface IInbox {
    /// Everything a node derives from, in the order of L1 (R8), and the signature a watcher needs as evidence.
    event BatchPosted(
        uint32 indexed batchId,
        uint32 indexed gateway,
        bytes32 indexed batchHash,
        uint32 parentId,
        Batch batch,
        bytes signature
    );
    /// The first batch of a base brought its preimage.
    event BaseStored(
        uint64 indexed window, uint32 indexed gateway, bytes32 indexed baseHash, Base base, bytes signature
    );
    event Disputed(uint32 indexed batchId, address indexed disputer);
    /// The dispute failed: the batch stands and the bond is burned.
    event DisputeFailed(uint32 indexed batchId, address indexed disputer);
    /// The claim is false: the bond goes back, the batch's descendants are orphaned.
    event BatchVoided(uint32 indexed batchId, address indexed disputer);
    /// Nobody answered in time: the batch stands and the bond goes back.
    event DisputeLapsed(uint32 indexed batchId, address indexed disputer);
    /// An ancestor or a sibling decided: the dispute has no object any more and the bond goes back.
    event DisputeMoot(uint32 indexed batchId, address indexed disputer);
    event NewestMoved(uint32 indexed batchId);
    event Withdrawn(address indexed account, address to, uint256 amountWei);

    /// A fact given at deployment is out of range; `field` names it.
    error BadConfig(string field);
    /// `slot` is not the slot of block.timestamp (R12).
    error WrongSlot(uint64 expected, uint64 got);
    error NotTheParent(bytes32 expected, bytes32 got);
    /// Child of a batch that is Void or Orphaned: it could never count.
    error ParentIsDead(uint32 parentId);
    error UnknownBatch(uint32 batchId);
    /// The newest child of the parent is another one than the poster wanted to dispute.
    error AnotherChild(uint32 expected, uint32 got);
    error EmptyRange(uint64 firstBlock, uint64 lastBlock);
    error WrongFirstBlock(uint64 expected, uint64 got);
    /// Blocks are skipped that nodes do not generate yet (R8).
    error GapTooYoung(uint64 firstBlock, uint64 fromSlot, uint64 slot);
    /// Only the first 20 bytes are kept and compared.
    error WrongParentBlockHash(bytes20 expected, bytes32 got);
    /// The block's timestamp lies behind the turn (R1), or behind the permit (R5).
    error BlockAfterTurn(uint64 lastAllowed, uint64 lastBlock);
    error BlockAfterPermit(uint64 lastAllowed, uint64 lastBlock);
    /// Number beyond 2^40, or more than 2^24 blocks at once.
    error OutOfRange(uint256 value, uint256 limit);
    error NoBlobs();
    /// `index` counts the blobs of the transaction. got = 0: the transaction has no such blob, or an earlier batch took it (R8).
    error BlobMismatch(uint256 index, bytes32 expected, bytes32 got);
    error OriginOutOfRange(uint64 oldest, uint64 newest, uint64 got);
    /// EIP-2935 does not know the block, or is not deployed.
    error OriginUnknown(uint64 number);
    error WrongOriginHash(bytes32 expected, bytes32 got);
    /// The slot belongs to another window, and no permit was brought (R5).
    error WrongWindow(uint64 expected, uint64 got);
    error WrongGateway(uint32 expected, uint32 got);
    error WrongCommitterSet(bytes32 expected, bytes32 got);
    /// The present window ends too long after the batch's.
    error PermitTooLate(uint64 lastWindow, uint64 window);
    error WrongPermitWindow(uint64 expected, uint64 got);
    error WrongBase(bytes32 expected, bytes32 got);
    error WrongBaseWindow(uint64 expected, uint64 got);
    /// Another Base of the same window and attempt is stored.
    error SecondBase(bytes32 stored, bytes32 got);
    /// Attempt 1 has to stand on the posted chain; there is no attempt 2 (R5).
    error AttemptNotAllowed(uint8 attempt);
    error WrongBond(uint256 expectedWei, uint256 gotWei);
    /// Nor can it be skipped: a further child of its parent could never count.
    error NotDisputable(uint32 batchId, BatchStatus status);
    error ClaimWindowOver(uint32 batchId, uint256 endedAt);
    error OnlyResolver(address resolver, address got);
    error NotDisputed(uint32 batchId, BatchStatus status);
    /// A verdict is only about a batch whose whole past is Confirmed: nobody is at fault for building on a void parent (R4).
    error PastNotConfirmed(uint32 batchId, uint32 openBatchId);
    error NotOrphaned(uint32 batchId, BatchStatus status);
    error NothingToWithdraw(address account);

    function config() external view returns (RollupConfig memory);

    /// L1 slots after which nodes fill unposted blocks by themselves (R8): a batch may then start behind them.
    function sequencingWindowSlots() external view returns (uint64);

    /// EIP-712 separator of all chain messages of this rollup.
    function domainSeparator() external view returns (bytes32);

    /// Posts one batch over this transaction's next `batch.blobHashes.length` blobs. `slot` must be the slot of block.timestamp.
    /// Any sender; nothing is refunded (R27).
    function postBatch(Posting calldata posting, bytes calldata gatewaySignature, uint64 slot)
        external
        returns (uint32 batchId);

    /// As `postBatch`, on the parent the poster holds for the last true one (R4). If that parent has a child that is neither void nor
    /// disputed, the child is disputed for the sender, who brings one bond: when it falls, all that was built on it falls with it.
    /// A bond that is not needed is credited. `parentId` 0 is genesis. `disputedId` is the newest child of that parent, which the
    /// poster holds void, 0 if it has none: who lost a race to somebody else that goes on beside the same child disputes nobody.
    function postBatchDisputing(
        Posting calldata posting,
        bytes calldata gatewaySignature,
        uint64 slot,
        uint32 parentId,
        uint32 disputedId
    ) external payable returns (uint32 batchId);

    /// Says that the batch's data does not derive to its claim. Exactly `disputeBondWei`; only within the claim window; once per batch.
    function dispute(uint32 batchId) external payable;

    /// The resolver's final word. Only the resolver, only once everything before the batch is Confirmed.
    function resolve(uint32 batchId, bool isVoid) external;

    /// The resolver had no answer in time: the batch stands, the bond goes back. Only the resolver, under the conditions of `resolve`.
    function lapse(uint32 batchId) external;

    /// Frees the bond of a dispute whose batch became Orphaned. Anyone.
    function closeOrphaned(uint32 batchId) external;

    /// Sends the caller's credits to `to`.
    function withdraw(address payable to) external returns (uint256 amountWei);

    function creditOf(address account) external view returns (uint256 amountWei);

    /// Who disputes the batch and since when (Unix seconds); zeros when no dispute is open.
    function disputeOf(uint32 batchId) external view returns (address disputer, uint64 openedAt);

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

    /// hashStruct of the Base stored for `window`, of attempt 1 when there is one; zero when no batch of that window was posted.
    function baseOf(uint64 window) external view returns (bytes32);

    /// First and last rollup block whose timestamp lies in the turn of the window [firstSlot, lastSlot] (R1). Block 0 is nobody's.
    /// An empty turn is (n, n - 1).
    function blocksOf(uint64 firstSlot, uint64 lastSlot) external view returns (uint64 firstBlock, uint64 lastBlock);

    /// Last slot of the posting window whose turn the block lies in is at or after this slot: slot of its timestamp + H.
    function earliestPostingSlot(uint64 blockNumber) external view returns (uint64 slot);
}
