// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// What a watcher brings to a judge. Evidence is `abi.encode` of one of the structs below that end in `Evidence`, and nothing else:
// bytes that decode to the same values in another way are refused (R28).

import {Leaf} from "../libraries/promise/PromiseTree.sol";
import {Base, Batch, BlockEnv, Delegation, Frag, Seal} from "../types/Messages.sol";
import {SlotPresenceProof} from "../types/Proofs.sol";
import {CommitterSet} from "../types/Windows.sol";

/// Who is accused, and under which Base. The Base's window fixes the committer set, the terms and the end of the evidence (R15, R16).
struct Accusation {
    /// The rollup's Inbox: verifyingContract of every message below.
    address rollup;
    uint32 gateway;
    /// Preimage of the set that signs for the gateway in the window's epoch.
    CommitterSet set;
    /// Preimage of the `base` that the messages name. It needs no signature of its own: they commit to its hash.
    Base base;
}

/// A batch that the accused signed.
struct SignedBatch {
    Batch batch;
    bytes signature;
}

/// One promised transaction: the part of a preconfirmation that can be judged.
struct Promise {
    Frag frag;
    bytes signature;
    /// Preimage of `frag.blockEnv`.
    BlockEnv env;
    Leaf leaf;
    bytes32[] branch;
}

/// Where a block differs from a promise.
enum Difference {
    /// Number, timestamp or a field of the BlockEnv.
    Header,
    /// `transactionsRoot` holds another transaction at the index, or none.
    Transaction,
    /// `receiptsRoot` holds another receipt at the index, or none.
    Receipt
}

/// The promised block as a batch claims it.
struct BlockContent {
    /// Branch of the block in `Batch.blocksRoot`.
    bytes32[] branch;
    /// RLP of the header.
    bytes header;
    Difference difference;
    /// Trie nodes from the root down; empty for `Header`.
    bytes[] trieProof;
}

enum MessageKind {
    Base,
    Frag,
    Seal
}

/// A signed Base, Frag or Seal: `message` is its abi.encode.
struct SignedMessage {
    MessageKind kind;
    bytes message;
    bytes signature;
}

/// fork (a)-(e), OutOfOrder and TwoBases: two messages that cannot both be true.
struct ForkEvidence {
    /// For two Bases: the one with the lower hash.
    Accusation accused;
    SignedMessage first;
    SignedMessage second;
}

/// A leaf and where it stands in the frag's tree.
struct PlacedLeaf {
    Leaf leaf;
    uint32 place;
    bytes32[] branch;
}

/// fork (f): two leaves of one signed frag that claim one index.
struct TwinLeavesEvidence {
    Accusation accused;
    Frag frag;
    bytes signature;
    PlacedLeaf first;
    PlacedLeaf second;
}

/// fork (g): an own batch against an own seal. The branch is of the sealed block; empty when the batch reaches beyond the end.
struct SealedBatchEvidence {
    Accusation accused;
    Seal seal;
    bytes sealSignature;
    SignedBatch own;
    bytes32 blockHash;
    bytes32[] branch;
}

/// lie: a promise against the accused's own batch under the same base.
struct LieEvidence {
    Accusation accused;
    Promise promised;
    SignedBatch own;
    BlockContent content;
}

/// brokenBase: an own batch that has another hash at the block the base was signed on. The branch is empty when the batch begins
/// right behind that block: then `parentBlockHash` contradicts.
struct BrokenBaseEvidence {
    Accusation accused;
    SignedBatch own;
    bytes32 blockHash;
    bytes32[] branch;
}

/// falseClaim: an own batch that the Inbox holds void.
struct FalseClaimEvidence {
    Accusation accused;
    SignedBatch own;
    uint32 batchId;
}

/// order: two leaves of a frag under rule 1, the earlier one first, with their raw transactions.
struct OrderEvidence {
    Accusation accused;
    Frag frag;
    bytes signature;
    BlockEnv env;
    Leaf earlier;
    bytes32[] earlierBranch;
    bytes earlierTransaction;
    Leaf later;
    bytes32[] laterBranch;
    bytes laterTransaction;
}

/// What the accused's base rests on, and the verdict that excuses it (R5).
struct Excuse {
    /// Predecessor and its base: the one its seal or batch names.
    Accusation predecessor;
    /// With `Base.parentSeal`: the predecessor's end-of-window seal. Else empty.
    Seal seal;
    bytes sealSignature;
    /// Without: the predecessor's posted batch that ends in `Base.parentBlock`. Else 0.
    uint32 batchId;
    Batch batch;
    /// Base under which the predecessor was convicted: its own, or another one of the same window (fork by two Bases).
    Base convicted;
}

/// A recorded late or unkept fault is moved to whoever the base rests on, whose verdict came later.
struct ShiftEvidence {
    Accusation accused;
    Excuse excuse;
}

/// unkept: a promise against a Confirmed block of another signer or base.
struct UnkeptEvidence {
    Accusation accused;
    Promise promised;
    uint32 batchId;
    Batch confirmed;
    BlockContent content;
    /// abi.encode of a ShiftEvidence when a verdict stands against whom the base rests on; else empty.
    bytes excuse;
}

/// late: a promised block that was not in the Inbox when the window was over.
struct LateEvidence {
    Accusation accused;
    Frag frag;
    bytes signature;
    /// One of the window's last min(H, length) slots was not missed (R11).
    SlotPresenceProof presence;
    /// The batch that covers the block; 0 when none does.
    uint32 coverBatchId;
}

/// Delegation sold twice: two signed ones, or (empty second signature) one against the registry's own record.
struct DoubleDelegationEvidence {
    address rollup;
    uint64 epoch;
    Delegation first;
    bytes firstSignature;
    Delegation second;
    bytes secondSignature;
}

/// An L1 slot that its lent proposer let pass.
struct MissedSlotEvidence {
    address rollup;
    SlotPresenceProof absence;
}
