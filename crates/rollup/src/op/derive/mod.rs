//! From L1 to blocks: which blocks a batch says (R4, R8), which origin a block may have (R23), and which blocks follow from
//! L1 alone when nobody posts. `specs/derivation.md` is the page about it.
//!
//! Pure: plans come out, somebody else executes them and compares the hashes with [`check_claim`]. A fault is either
//! **void** (the batch does not derive, for ever), **orphaned** (it stands on another batch than the newest one that counts), or
//! **undecided** (L1 data is missing: ask again later); what is only missing never makes a batch void.

mod claim;
mod empty;
mod fault;
mod origin;
mod plan;

pub use claim::check_claim;
pub use empty::{MAX_EMPTY_PLANS, empty_plans_due};
pub use fault::{BatchFault, Verdict};
pub use origin::{OriginClaim, check_origin_step, next_origin};
pub use plan::{check_user_transactions, next_plan, plan_batch};

use super::{ChainConfig, L1Origin};
use alloy_eips::eip4844::Blob;
use alloy_primitives::{B256, Bytes};
use forebond_types::Batch;
use op_alloy_consensus::TxDeposit;

/// The L1 chain as far as the caller knows it: one chain, without gaps, up to the L1 block that is being looked at.
pub trait Origins {
    /// The L1 block at this height; none if it is not known (yet).
    fn origin(&self, number: u64) -> Option<L1Origin>;
    /// The deposits in that block, in the order of their logs; none if they are not known (yet).
    fn deposits(&self, number: u64) -> Option<Vec<TxDeposit>>;
}

/// What derivation depends on besides L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeriveRules {
    /// The chain's constants.
    pub chain: ChainConfig,
    /// `maxOriginLag` of the Inbox: L1 blocks an origin may be behind (R23).
    pub max_origin_lag: u64,
}

/// The newest derived block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DerivedHead {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// Height and hash of its L1 origin.
    pub origin: (u64, B256),
    /// Its place among the blocks of that origin, from 0.
    pub origin_sequence: u64,
    /// Struct hash of the newest batch that counted; zero at genesis.
    pub batch: B256,
}

impl DerivedHead {
    /// The head after `plan` was executed to a block with this hash; `batch` stays.
    pub fn after(&self, plan: &BlockPlan, hash: B256) -> Self {
        Self {
            number: plan.number,
            hash,
            timestamp_s: plan.timestamp_s,
            origin: (plan.origin.number, plan.origin.hash),
            origin_sequence: plan.origin_sequence,
            batch: self.batch,
        }
    }
}

/// A batch as L1 has it.
#[derive(Clone, Copy, Debug)]
pub struct PostedBatch<'a> {
    /// The `Batch` of the Inbox's `BatchPosted` log.
    pub claim: &'a Batch,
    /// The blobs of `claim.blobHashes`, in order, each checked against its hash by whoever fetched it.
    pub blobs: &'a [Box<Blob>],
    /// Height of the L1 block with the log. [`Origins`] has to know all blocks below it.
    pub l1_block: u64,
}

/// A block to execute. Its base fee follows from its parent's gas, so its environment is the executor's to open
/// ([`next_base_fee`](super::next_base_fee), [`open_block`](super::open_block)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockPlan {
    /// Height.
    pub number: u64,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// L1 origin.
    pub origin: L1Origin,
    /// Place among the blocks of that origin, from 0.
    pub origin_sequence: u64,
    /// Raw transactions: the attributes deposit, the origin's deposits if this is its first block, then the users'.
    pub transactions: Vec<Bytes>,
    /// What the batch says the parent's hash is; none if no batch says anything. [`check_claim`] compares.
    pub parent_hash: Option<B256>,
}
