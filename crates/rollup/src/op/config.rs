use alloy_primitives::{B256, Bytes};
use serde::{Deserialize, Serialize};

/// The constants of one rollup that every block depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainConfig {
    /// EIP-155 chain id of the rollup.
    pub chain_id: u64,
    /// Timestamp of block 0, Unix seconds.
    pub genesis_s: u64,
    /// Block time in whole seconds (an OP Stack rule).
    pub block_time_s: u64,
    /// Gas limit of every block.
    pub gas_limit: u64,
    /// Base fee of block 0, wei per gas.
    pub genesis_base_fee_wei: u64,
    /// EIP-1559 denominator (Holocene, carried in `extraData`).
    pub base_fee_denominator: u32,
    /// EIP-1559 elasticity (Holocene, carried in `extraData`).
    pub base_fee_elasticity: u32,
    /// L1 base fee scalar (Ecotone).
    pub l1_base_fee_scalar: u32,
    /// L1 blob base fee scalar (Ecotone).
    pub l1_blob_base_fee_scalar: u32,
    /// Operator fee scalar (Isthmus).
    pub operator_fee_scalar: u32,
    /// Operator fee constant (Isthmus).
    pub operator_fee_constant: u64,
    /// Batcher hash the L1 attributes carry.
    pub batcher_hash: B256,
}

/// Why a chain configuration makes no chain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainConfigError {
    /// Gas limit too small for the L1 attributes deposit and one transfer, or beyond 2^63.
    #[error("gas_limit lies between 5,000,000 and 2^63 - 1, got {0}")]
    GasLimit(u64),
    /// EIP-1559 numbers of zero.
    #[error("base_fee_denominator and base_fee_elasticity are at least 1, got {0} and {1}")]
    BaseFee(u32, u32),
    /// Chain id zero.
    #[error("chain_id is at least 1")]
    ChainId,
}

impl ChainConfig {
    /// A development chain: id 9545, 1 Ggas blocks, cheap L1 fees.
    pub const fn dev(genesis_s: u64, block_time_s: u64) -> Self {
        Self {
            chain_id: 9545,
            genesis_s,
            block_time_s,
            gas_limit: 1_000_000_000,
            genesis_base_fee_wei: 1_000_000,
            base_fee_denominator: 250,
            base_fee_elasticity: 6,
            l1_base_fee_scalar: 1_368,
            l1_blob_base_fee_scalar: 810_949,
            operator_fee_scalar: 0,
            operator_fee_constant: 0,
            batcher_hash: B256::ZERO,
        }
    }

    /// Checks that blocks can be built with these numbers.
    pub fn validate(&self) -> Result<(), ChainConfigError> {
        if self.chain_id == 0 {
            return Err(ChainConfigError::ChainId);
        }
        if !(5_000_000..i64::MAX as u64).contains(&self.gas_limit) {
            return Err(ChainConfigError::GasLimit(self.gas_limit));
        }
        if self.base_fee_denominator == 0 || self.base_fee_elasticity == 0 {
            return Err(ChainConfigError::BaseFee(
                self.base_fee_denominator,
                self.base_fee_elasticity,
            ));
        }
        Ok(())
    }

    /// `extraData` of every header: version 0, denominator, elasticity (Holocene).
    pub fn extra_data(&self) -> Bytes {
        let mut data = vec![0u8];
        data.extend_from_slice(&self.base_fee_denominator.to_be_bytes());
        data.extend_from_slice(&self.base_fee_elasticity.to_be_bytes());
        data.into()
    }
}
