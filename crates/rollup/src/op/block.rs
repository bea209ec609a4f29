//! How a block opens and what its sealed header says.

use super::{ChainConfig, L1Origin, SEQUENCER_FEE_VAULT};
use alloy_consensus::{EMPTY_OMMER_ROOT_HASH, Header};
use alloy_eips::eip1559::{BaseFeeParams, calc_next_block_base_fee};
use alloy_primitives::{B64, B256, Bloom, Bytes, U256, b256, keccak256};
use forebond_types::BlockEnv;

/// SHA-256 of nothing: the requests hash of a rollup block (Isthmus).
const EMPTY_REQUESTS_HASH: B256 =
    b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// Everything about a block that is fixed before its first transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOpening {
    /// Height.
    pub number: u64,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// The signed environment.
    pub env: BlockEnv,
    /// Preimage of `env.extraDataHash`.
    pub extra_data: Bytes,
}

/// What execution and the tries add to a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockTotals {
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Root of the state after the block.
    pub state_root: B256,
    /// Root of the transactions trie.
    pub transactions_root: B256,
    /// Root of the receipts trie.
    pub receipts_root: B256,
    /// Union of all receipts' blooms.
    pub logs_bloom: Bloom,
    /// Gas used by all transactions.
    pub gas_used: u64,
    /// Storage root of the message passer (Isthmus: stands as `withdrawalsRoot`).
    pub withdrawals_root: B256,
}

/// Base fee of the block after one with these numbers, wei per gas (EIP-1559, Holocene
/// parameters). It needs only the gas used, so the next block opens before this one is sealed.
pub fn next_base_fee(config: &ChainConfig, base_fee_wei: u64, gas_used: u64) -> u64 {
    calc_next_block_base_fee(
        gas_used,
        config.gas_limit,
        base_fee_wei,
        BaseFeeParams::new(
            u128::from(config.base_fee_denominator),
            u128::from(config.base_fee_elasticity),
        ),
    )
}

/// Opens block `number` on `origin`.
pub fn open_block(
    config: &ChainConfig,
    number: u64,
    timestamp_s: u64,
    base_fee_wei: u64,
    origin: &L1Origin,
) -> BlockOpening {
    let extra_data = config.extra_data();
    BlockOpening {
        number,
        timestamp_s,
        env: BlockEnv {
            coinbase: SEQUENCER_FEE_VAULT,
            gasLimit: config.gas_limit,
            baseFee: base_fee_wei,
            prevRandao: origin.prev_randao,
            parentBeaconRoot: origin.parent_beacon_root,
            extraDataHash: keccak256(&extra_data),
        },
        extra_data,
    }
}

/// The sealed header.
pub fn seal_header(opening: &BlockOpening, totals: &BlockTotals) -> Header {
    Header {
        parent_hash: totals.parent_hash,
        ommers_hash: EMPTY_OMMER_ROOT_HASH,
        beneficiary: opening.env.coinbase,
        state_root: totals.state_root,
        transactions_root: totals.transactions_root,
        receipts_root: totals.receipts_root,
        logs_bloom: totals.logs_bloom,
        difficulty: U256::ZERO,
        number: opening.number,
        gas_limit: opening.env.gasLimit,
        gas_used: totals.gas_used,
        timestamp: opening.timestamp_s,
        extra_data: opening.extra_data.clone(),
        mix_hash: opening.env.prevRandao,
        nonce: B64::ZERO,
        base_fee_per_gas: Some(opening.env.baseFee),
        withdrawals_root: Some(totals.withdrawals_root),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0),
        parent_beacon_block_root: Some(opening.env.parentBeaconRoot),
        requests_hash: Some(EMPTY_REQUESTS_HASH),
        ..Default::default()
    }
}
