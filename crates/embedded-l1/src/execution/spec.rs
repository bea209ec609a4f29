//! Constants of the chain: every fork up to Osaka from block 0 on.

use alloy_eips::{eip1559::BaseFeeParams, eip7825::MAX_TX_GAS_LIMIT_OSAKA, eip7840::BlobParams};
use alloy_evm::eth::spec::EthExecutorSpec;
use alloy_hardforks::{EthereumHardfork, EthereumHardforks, ForkCondition};
use alloy_primitives::{Address, U256, address};

/// Gas limit of every block, as on mainnet since late 2025.
pub const BLOCK_GAS_LIMIT: u64 = 60_000_000;
/// Gas limit of one transaction (EIP-7825).
pub const MAX_TRANSACTION_GAS: u64 = MAX_TX_GAS_LIMIT_OSAKA;
/// Six blobs a block are the target, nine the most, six in one transaction (EIP-7691, EIP-7594); their price has a floor
/// that follows the base fee (EIP-7918).
pub const BLOB_PARAMS: BlobParams = BlobParams::osaka();
/// Base fee of block 0, wei per gas.
pub const GENESIS_BASE_FEE_WEI: u64 = 1_000_000_000;
/// Largest RLP-encoded block, bytes: 10 MiB less 2 MiB for what the beacon block adds (EIP-7934).
pub const MAX_BLOCK_BYTES: usize = 8 << 20;
/// Where validators deposit, as on mainnet. Genesis holds no code there: a test may deploy one.
pub const DEPOSIT_CONTRACT: Address = address!("00000000219ab540356cBB839Cbe05303d7705Fa");

/// What the executor asks about the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainSpec {
    /// EIP-155 chain id.
    pub chain_id: u64,
}

impl ChainSpec {
    /// How the base fee moves (EIP-1559).
    pub const fn base_fee_params() -> BaseFeeParams {
        BaseFeeParams::ethereum()
    }
}

impl EthereumHardforks for ChainSpec {
    fn ethereum_fork_activation(&self, fork: EthereumHardfork) -> ForkCondition {
        match fork {
            // The DAO's balances were moved at one block of mainnet only.
            EthereumHardfork::Dao => ForkCondition::Never,
            EthereumHardfork::Paris => ForkCondition::TTD {
                activation_block_number: 0,
                fork_block: None,
                total_difficulty: U256::ZERO,
            },
            EthereumHardfork::Shanghai
            | EthereumHardfork::Cancun
            | EthereumHardfork::Prague
            | EthereumHardfork::Osaka => ForkCondition::ZERO_TIMESTAMP,
            fork if fork < EthereumHardfork::Paris => ForkCondition::ZERO_BLOCK,
            _ => ForkCondition::Never,
        }
    }
}

impl EthExecutorSpec for ChainSpec {
    fn deposit_contract_address(&self) -> Option<Address> {
        Some(DEPOSIT_CONTRACT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn osaka_is_active_from_the_first_second_and_nothing_later_is() {
        let spec = ChainSpec { chain_id: 31_337 };
        assert!(spec.is_paris_active_at_block(0));
        assert!(spec.is_prague_active_at_timestamp(0));
        assert!(spec.is_osaka_active_at_timestamp(0));
        assert!(!spec.is_amsterdam_active_at_timestamp(u64::MAX));
        assert_eq!(
            spec.ethereum_fork_activation(EthereumHardfork::Bpo1),
            ForkCondition::Never
        );
    }
}
