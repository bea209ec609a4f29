//! The L1 attributes deposit: the first transaction of every block.
//! <https://specs.optimism.io/protocol/deposits.html#l1-attributes-deposited-transaction>

use super::{ChainConfig, DEPOSITOR, L1_BLOCK};
use alloy_primitives::{B256, Bytes, TxKind, U256, hex, keccak256};
use op_alloy_consensus::TxDeposit;
use serde::{Deserialize, Serialize};

/// `setL1BlockValuesIsthmus()`.
const SELECTOR: [u8; 4] = hex!("098999be");
/// Gas the attributes deposit may use.
const GAS_LIMIT: u64 = 1_000_000;

/// The L1 block a rollup block builds on, as far as the rollup needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct L1Origin {
    /// Height.
    pub number: u64,
    /// Block hash.
    pub hash: B256,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// Base fee, wei per gas.
    pub base_fee_wei: u64,
    /// Blob base fee, wei per blob gas.
    pub blob_base_fee_wei: u128,
    /// RANDAO of the L1 block; the rollup block repeats it.
    pub prev_randao: B256,
    /// Parent beacon block root of the L1 block; the rollup block repeats it.
    pub parent_beacon_root: B256,
}

/// The deposit that tells the rollup about its origin. `sequence_number` counts the rollup blocks
/// of one origin from 0.
pub fn attributes_deposit(
    config: &ChainConfig,
    origin: &L1Origin,
    sequence_number: u64,
) -> TxDeposit {
    let mut inner = [0u8; 64];
    inner[..32].copy_from_slice(origin.hash.as_slice());
    inner[56..].copy_from_slice(&sequence_number.to_be_bytes());
    TxDeposit {
        source_hash: source_hash(1, keccak256(inner)),
        from: DEPOSITOR,
        to: TxKind::Call(L1_BLOCK),
        mint: 0,
        value: U256::ZERO,
        gas_limit: GAS_LIMIT,
        is_system_transaction: false,
        input: calldata(config, origin, sequence_number),
    }
}

/// Source hash of a user deposit: the L1 block and the log's index in it make it unique.
pub fn user_deposit_source(l1_block_hash: B256, log_index: u64) -> B256 {
    let mut inner = [0u8; 64];
    inner[..32].copy_from_slice(l1_block_hash.as_slice());
    inner[56..].copy_from_slice(&log_index.to_be_bytes());
    source_hash(0, keccak256(inner))
}

fn source_hash(domain: u8, inner: B256) -> B256 {
    let mut outer = [0u8; 64];
    outer[31] = domain;
    outer[32..].copy_from_slice(inner.as_slice());
    keccak256(outer)
}

/// The packed Isthmus calldata, 176 bytes.
fn calldata(config: &ChainConfig, origin: &L1Origin, sequence_number: u64) -> Bytes {
    let mut data = Vec::with_capacity(176);
    data.extend_from_slice(&SELECTOR);
    data.extend_from_slice(&config.l1_base_fee_scalar.to_be_bytes());
    data.extend_from_slice(&config.l1_blob_base_fee_scalar.to_be_bytes());
    data.extend_from_slice(&sequence_number.to_be_bytes());
    data.extend_from_slice(&origin.timestamp_s.to_be_bytes());
    data.extend_from_slice(&origin.number.to_be_bytes());
    data.extend_from_slice(&U256::from(origin.base_fee_wei).to_be_bytes::<32>());
    data.extend_from_slice(&U256::from(origin.blob_base_fee_wei).to_be_bytes::<32>());
    data.extend_from_slice(origin.hash.as_slice());
    data.extend_from_slice(config.batcher_hash.as_slice());
    data.extend_from_slice(&config.operator_fee_scalar.to_be_bytes());
    data.extend_from_slice(&config.operator_fee_constant.to_be_bytes());
    data.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calldata_has_the_packed_isthmus_layout() {
        let config = ChainConfig::dev(0, 1);
        let origin = L1Origin {
            number: 9,
            hash: B256::repeat_byte(1),
            timestamp_s: 77,
            base_fee_wei: 5,
            blob_base_fee_wei: 6,
            prev_randao: B256::ZERO,
            parent_beacon_root: B256::ZERO,
        };
        let deposit = attributes_deposit(&config, &origin, 3);
        assert_eq!(deposit.input.len(), 176);
        assert_eq!(deposit.input[19], 3);
        assert_eq!(deposit.input[27], 77);
        assert_eq!(deposit.input[35], 9);
        assert_eq!(deposit.input[67], 5);
        assert_eq!(deposit.input[99], 6);
        assert_eq!(deposit.input[100..132], [1; 32]);
        assert_ne!(
            deposit.source_hash,
            attributes_deposit(&config, &origin, 4).source_hash
        );
        assert_ne!(deposit.source_hash, user_deposit_source(origin.hash, 3));
    }
}
