//! Blocks and headers in JSON. An unsealed block has `hash` null, as in geth's pending block.

use std::sync::Arc;

use alloy_consensus::Header;
use alloy_eips::eip4895::Withdrawal;
use alloy_primitives::{B256, U64};
use serde::{Serialize, Serializer};

use crate::chain::{BlockView, Family};

/// A block as `eth_getBlockBy…` answers it, its transactions whole or as hashes.
#[derive(Debug)]
pub(crate) struct BlockJson<F: Family> {
    block: Arc<BlockView<F>>,
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
enum Bodies<T> {
    Hashes(Vec<B256>),
    Full(Vec<T>),
}

#[derive(Serialize)]
struct Parts<'a, T> {
    #[serde(flatten)]
    head: HeadJson<'a>,
    size: U64,
    uncles: [B256; 0],
    transactions: Bodies<T>,
    /// There whenever the header commits to a list, even when it is empty, as on the OP Stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawals: Option<&'a [Withdrawal]>,
}

impl<'a> HeadJson<'a> {
    /// The header of `block`.
    pub(crate) const fn of<F: Family>(block: &'a BlockView<F>) -> Self {
        Self {
            hash: block.hash,
            header: &block.header,
        }
    }
}

impl<F: Family> BlockJson<F> {
    /// The whole of `block`.
    pub(crate) const fn new(block: Arc<BlockView<F>>, full: bool) -> Self {
        Self { block, full }
    }
}

impl<F: Family> Serialize for BlockJson<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let block = &*self.block;
        let transactions = if self.full {
            Bodies::Full(
                block
                    .transactions
                    .iter()
                    .map(|view| F::transaction_json(view, block.hash))
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
            withdrawals: block
                .header
                .withdrawals_root
                .map(|_| block.withdrawals.as_slice()),
        };
        parts.serialize(serializer)
    }
}
