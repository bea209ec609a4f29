use alloy_primitives::B256;
use forebond_protocol::BlockClock;
use forebond_rollup::op::ChainConfig;
use serde::{Deserialize, Serialize};

/// `[chain]`: the rollup. Blocks depend on every value, so an existing data directory keeps the
/// chain it was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChainSection {
    /// EIP-155 chain id of the rollup.
    pub chain_id: u64,
    /// Seconds from one block to the next; whole seconds, 1 to 3600 (an OP Stack rule).
    pub block_time_s: u64,
    /// Gas limit of every block.
    pub gas_limit: u64,
    /// Base fee of block 0, wei per gas.
    pub genesis_base_fee_wei: u64,
    /// EIP-1559: the base fee moves by at most one part in this many per block.
    pub base_fee_denominator: u32,
    /// EIP-1559: the gas limit is this many times the gas target.
    pub base_fee_elasticity: u32,
    /// L1 fee: scalar of the L1 base fee (Ecotone), millionths.
    pub l1_base_fee_scalar: u32,
    /// L1 fee: scalar of the L1 blob base fee (Ecotone), millionths.
    pub l1_blob_base_fee_scalar: u32,
    /// Operator fee: per gas, millionths of a wei (Isthmus).
    pub operator_fee_scalar: u32,
    /// Operator fee: per transaction, wei (Isthmus).
    pub operator_fee_constant_wei: u64,
    /// Batcher hash the L1 attributes carry.
    pub batcher_hash: B256,
}

impl Default for ChainSection {
    fn default() -> Self {
        let dev = ChainConfig::dev(0, 1);
        Self {
            chain_id: dev.chain_id,
            block_time_s: dev.block_time_s,
            gas_limit: dev.gas_limit,
            genesis_base_fee_wei: dev.genesis_base_fee_wei,
            base_fee_denominator: dev.base_fee_denominator,
            base_fee_elasticity: dev.base_fee_elasticity,
            l1_base_fee_scalar: dev.l1_base_fee_scalar,
            l1_blob_base_fee_scalar: dev.l1_blob_base_fee_scalar,
            operator_fee_scalar: dev.operator_fee_scalar,
            operator_fee_constant_wei: dev.operator_fee_constant,
            batcher_hash: dev.batcher_hash,
        }
    }
}

impl ChainSection {
    /// The constants of the rollup, with block 0 at `genesis_s` (Unix seconds), which is decided
    /// when the data directory is made and kept in it.
    pub const fn chain_config(&self, genesis_s: u64) -> ChainConfig {
        ChainConfig {
            chain_id: self.chain_id,
            genesis_s,
            block_time_s: self.block_time_s,
            gas_limit: self.gas_limit,
            genesis_base_fee_wei: self.genesis_base_fee_wei,
            base_fee_denominator: self.base_fee_denominator,
            base_fee_elasticity: self.base_fee_elasticity,
            l1_base_fee_scalar: self.l1_base_fee_scalar,
            l1_blob_base_fee_scalar: self.l1_blob_base_fee_scalar,
            operator_fee_scalar: self.operator_fee_scalar,
            operator_fee_constant: self.operator_fee_constant_wei,
            batcher_hash: self.batcher_hash,
        }
    }

    pub(super) fn problems(&self, found: &mut Vec<String>) {
        if let Err(error) = self.chain_config(0).validate() {
            found.push(format!("chain: {error}"));
        }
        if let Err(error) = BlockClock::new(0, self.block_time_s) {
            found.push(format!("chain.block_time_s: {error}"));
        }
    }
}
