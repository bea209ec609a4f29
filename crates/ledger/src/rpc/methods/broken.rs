use super::{super::json::quantity, Standing};
use alloy_primitives::{Address, B256};
use serde::Serialize;

/// Broken promises in one answer at most; the next question asks behind them.
const MAX_BROKEN: usize = 1_024;

/// A promise that was seen here and that the chain does not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokenPromise {
    /// The transaction.
    pub tx_hash: B256,
    /// The block it was promised in.
    #[serde(serialize_with = "quantity")]
    pub block: u64,
    /// The index in it.
    #[serde(serialize_with = "quantity")]
    pub index: u64,
    /// Struct hash of the base it was promised under.
    pub base: B256,
    /// The base's window: its last L1 slot.
    #[serde(serialize_with = "quantity")]
    pub window: u64,
    /// Who signed the frag.
    pub signer: Address,
    /// What became of it.
    pub fault: Fault,
    /// What was promised.
    pub seen: Seen,
    /// Where the transaction is instead, if it is anywhere.
    pub found: Option<Found>,
}

/// How a promise broke. The first three are judged on L1 (`specs/` name them); the last one says that nobody is at fault but the
/// holder must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// The signer's own batch holds something else at the position.
    Lie,
    /// Another signer's or window's batch holds something else at the position.
    Unkept,
    /// The window is over and the block is not on L1.
    Late,
    /// An L1 reorg or a later turn moved it.
    Displaced,
}

/// What a broken promise said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// keccak256 of the promised receipt.
    pub receipt_hash: B256,
}

/// Where the transaction of a broken promise is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The block.
    #[serde(serialize_with = "quantity")]
    pub block: u64,
    /// The index in it.
    #[serde(serialize_with = "quantity")]
    pub index: u64,
    /// keccak256 of the receipt it got there.
    pub receipt_hash: B256,
}

/// Broken promises from an index on.
pub(super) fn broken_promises(standing: &dyn Standing, from: u64) -> Vec<BrokenPromise> {
    let mut broken = standing.broken(usize::try_from(from).unwrap_or(usize::MAX));
    broken.truncate(MAX_BROKEN);
    broken
}
