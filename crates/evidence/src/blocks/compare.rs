//! A promise against a block, by position alone (R7); the same questions as `Promises.sol`.

use alloy_primitives::{B256, Bytes, U256, keccak256};
use forebond_contracts::bindings::IEvidenceShapes as abi;

use crate::{
    Promise,
    blocks::{OpenedBatch, OpenedBlock, trie},
};

/// Where a block differs from a promise; numbers as in `Evidence.sol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Number, timestamp or a field of the environment.
    Header = 0,
    /// Another transaction at the index, or none.
    Transaction = 1,
    /// Another receipt at the index, or none.
    Receipt = 2,
}

/// The first difference between a promise and the block at its number; `None` when it is kept.
pub fn difference(promise: &Promise, block: &OpenedBlock) -> Option<Difference> {
    if !same_header(promise, block) {
        return Some(Difference::Header);
    }
    let held = |values: &[Bytes], expected: B256| {
        usize::try_from(promise.leaf.index)
            .ok()
            .and_then(|index| values.get(index))
            .is_some_and(|value| keccak256(value) == expected)
    };
    let contents = block.contents();
    if !held(&contents.transactions, promise.leaf.tx_hash) {
        return Some(Difference::Transaction);
    }
    (!held(&contents.receipts, promise.leaf.receipt_hash)).then_some(Difference::Receipt)
}

/// What a judge reads of the block in `batch` that breaks the promise; `None` when it is kept, or is of another batch.
pub fn content(promise: &Promise, batch: &OpenedBatch) -> Option<abi::BlockContent> {
    let (block, branch) = batch.block(promise.frag.message.blockNumber)?;
    let difference = difference(promise, block)?;
    let contents = block.contents();
    let trie_proof = match difference {
        Difference::Header => Vec::new(),
        Difference::Transaction => trie::proof(&contents.transactions, promise.leaf.index),
        Difference::Receipt => trie::proof(&contents.receipts, promise.leaf.index),
    };
    Some(abi::BlockContent {
        branch,
        header: contents.header.clone(),
        difference: difference as u8,
        trieProof: trie_proof,
    })
}

fn same_header(promise: &Promise, block: &OpenedBlock) -> bool {
    let (frag, env, header) = (&promise.frag.message, &promise.env, block.header());
    header.number == frag.blockNumber
        && header.timestamp == frag.timestamp
        && header.beneficiary == env.coinbase
        && header.gas_limit == env.gasLimit
        && header.base_fee_per_gas.map(U256::from) == Some(U256::from(env.baseFee))
        && header.mix_hash == env.prevRandao
        && header.parent_beacon_block_root == Some(env.parentBeaconRoot)
        && keccak256(&header.extra_data) == env.extraDataHash
}
