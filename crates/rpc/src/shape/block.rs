//! Blocks and headers in JSON. An unsealed block has `hash` null, as in geth's pending block.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_primitives::{B256, U64};
use op_alloy_rpc_types::Transaction;
use serde::{Serialize, Serializer};

use super::transaction::transaction_json;
use crate::chain::BlockView;

/// A block as `eth_getBlockBy…` answers it, its transactions whole or as hashes.
#[derive(Debug)]
pub(crate) struct BlockJson {
    block: Arc<BlockView>,
    full: bool,
}

/// A header as `newHeads` notifies it.
#[derive(Debug, Serialize)]
pub(crate) struct HeadJson<'a> {
    hash: Option<B256>,
    #[serde(flatten)]
    header: &'a Header,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Bodies {
    Hashes(Vec<B256>),
    Full(Vec<Transaction>),
}

#[derive(Serialize)]
struct Parts<'a> {
    #[serde(flatten)]
    head: HeadJson<'a>,
    size: U64,
    uncles: [B256; 0],
    transactions: Bodies,
    /// OP Stack blocks have none; the list is there whenever the header commits to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals: Option<[(); 0]>,
}

impl<'a> HeadJson<'a> {
    /// The header of `block`.
    pub(crate) const fn of(block: &'a BlockView) -> Self {
        Self {
            hash: block.hash,
            header: &block.header,
        }
    }
}

impl BlockJson {
    /// The whole of `block`.
    pub(crate) const fn new(block: Arc<BlockView>, full: bool) -> Self {
        Self { block, full }
    }
}

impl Serialize for BlockJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let block = &*self.block;
        let transactions = if self.full {
            Bodies::Full(
                block
                    .transactions
                    .iter()
                    .map(|view| transaction_json(view, block.hash))
                    .collect(),
            )
        } else {
            Bodies::Hashes(block.transactions.iter().map(|view| view.hash).collect())
        };
        let parts = Parts {
            head: HeadJson::of(block),
            size: U64::from(block.size_bytes),
            uncles: [],
            transactions,
            withdrawals: block.header.withdrawals_root.map(|_| []),
        };
        parts.serialize(serializer)
    }
}
