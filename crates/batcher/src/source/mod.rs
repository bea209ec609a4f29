//! Where sealed blocks come from: the gateway we post for.

mod backlog;
mod rpc;

pub use backlog::Backlog;
pub use rpc::GatewayRpc;

use std::future::Future;

use alloy_primitives::{B256, Bytes};
use forebond_types::{Base, Signature};

/// A sealed block, as the gateway gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBlock {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// Height of its L1 origin.
    pub origin_number: u64,
    /// Hash of its L1 origin.
    pub origin_hash: B256,
    /// Base it was signed under; `None` for a block that nobody signed.
    pub base: Option<B256>,
    /// Struct hash of its last frag.
    pub last_frag: Option<B256>,
    /// The users' transactions as raw EIP-2718 bytes, in order; no deposits.
    pub transactions: Vec<Bytes>,
    /// Gas it used.
    pub gas_used: u64,
    /// All its transactions, deposits as well.
    pub transaction_count: u64,
}

/// A Base with its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedBase {
    /// The message.
    pub base: Base,
    /// Its gateway's signature.
    pub signature: Signature,
}

/// What the gateway says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceStatus {
    /// Its number in the registry, when it is a gateway.
    pub gateway: Option<u32>,
    /// Last block it has derived from L1, and that block's hash.
    pub safe: Option<(u64, B256)>,
    /// Batches in the Inbox that its derivation holds void.
    pub void_batches: Vec<u32>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It may answer in a moment.
    #[error("the gateway does not answer {method}: {reason}")]
    Unreachable {
        /// What was asked.
        method: &'static str,
        /// What came instead.
        reason: String,
    },
    /// An answer that is none.
    #[error("{method}: expected {expected}, got {got}; is this a gateway of the same version?")]
    Answer {
        /// What was asked.
        method: &'static str,
        /// What was expected.
        expected: &'static str,
        /// What came.
        got: String,
    },
}

/// The gateway's sealed chain.
///
/// 1. Blocks are sealed: a number's hash changes only when the gateway itself gave the block up.
/// 2. `blocks` ascends without a gap and ends at the first block that is not sealed.
/// 3. `base` is the newest Base of the window that the gateway signed or accepted.
pub trait BlockSource: Send + Sync + 'static {
    /// Sealed blocks from `from` on, at most `count` (up to 64).
    fn blocks(
        &self,
        from: u64,
        count: u64,
    ) -> impl Future<Output = Result<Vec<SourceBlock>, SourceError>> + Send;

    /// The signed Base of a window.
    fn base(
        &self,
        window: u64,
    ) -> impl Future<Output = Result<Option<SignedBase>, SourceError>> + Send;

    /// Where the gateway stands.
    fn status(&self) -> impl Future<Output = Result<SourceStatus, SourceError>> + Send;
}
