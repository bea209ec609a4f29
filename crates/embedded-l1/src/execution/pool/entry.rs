//! One waiting transaction.

use std::sync::Arc;

use alloy_consensus::{Transaction as _, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_evm::FromRecoveredTx;
use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    context::TxEnv, context_interface::cfg::gas::calculate_initial_tx_gas_for_tx,
    primitives::hardfork::SpecId,
};

use crate::execution::block::{BlobSidecar, ExecutedTransaction};

/// A transaction with what is needed to order and to execute it.
#[derive(Debug, Clone)]
pub struct PoolTransaction {
    /// The transaction, a blob transaction without its blobs.
    pub envelope: TxEnvelope,
    /// Its EIP-2718 bytes as they will stand in a block.
    pub raw: Bytes,
    /// Its hash.
    pub hash: B256,
    /// Who signed it.
    pub sender: Address,
    /// Its blobs, verified.
    pub blobs: Vec<Arc<BlobSidecar>>,
    /// Place in the order of arrival: the earlier of two that pay the same goes first.
    pub(super) arrival: u64,
}

impl PoolTransaction {
    pub(super) fn new(envelope: TxEnvelope, sender: Address, blobs: Vec<Arc<BlobSidecar>>) -> Self {
        Self {
            raw: envelope.encoded_2718().into(),
            hash: *envelope.tx_hash(),
            envelope,
            sender,
            blobs,
            arrival: 0,
        }
    }

    /// A transaction of a block that is no longer canonical; takes its blobs from the front of the block's.
    pub(crate) fn taken_back<'a>(
        transaction: &ExecutedTransaction,
        blobs: &mut impl Iterator<Item = &'a Arc<BlobSidecar>>,
    ) -> Self {
        let count = transaction
            .envelope
            .blob_versioned_hashes()
            .map_or(0, <[_]>::len);
        Self {
            envelope: transaction.envelope.clone(),
            raw: transaction.raw.clone(),
            hash: transaction.hash,
            sender: transaction.sender,
            blobs: blobs.take(count).cloned().collect(),
            arrival: 0,
        }
    }

    /// Most it can take from its sender, wei: gas, blob gas and value.
    pub fn max_cost_wei(&self) -> U256 {
        let gas = U256::from(self.envelope.gas_limit())
            .saturating_mul(U256::from(self.envelope.max_fee_per_gas()));
        let blobs = U256::from(self.envelope.blob_gas_used().unwrap_or_default())
            .saturating_mul(U256::from(self.blob_fee_cap_wei()));
        gas.saturating_add(blobs)
            .saturating_add(self.envelope.value())
    }

    /// Most it pays per blob gas, wei; 0 without blobs.
    pub fn blob_fee_cap_wei(&self) -> u128 {
        self.envelope.max_fee_per_blob_gas().unwrap_or_default()
    }

    /// The tip it pays at a base fee, wei per gas; `None` when it does not pay the base fee.
    pub fn tip_at(&self, base_fee_wei: u64) -> Option<u128> {
        self.envelope.effective_tip_per_gas(base_fee_wei)
    }

    /// Gas it costs at least: intrinsic gas or the calldata floor of EIP-7623, whichever is higher.
    pub fn intrinsic_gas(&self) -> u64 {
        let env = TxEnv::from_recovered_tx(&self.envelope, self.sender);
        let gas = calculate_initial_tx_gas_for_tx(&env, SpecId::OSAKA);
        gas.initial_total_gas.max(gas.floor_gas)
    }
}
