//! What the pool asks of a transaction and of its sender's account.

use alloy_primitives::{Address, B256, U256};
use std::sync::Arc;

/// A recovered transaction as the pool sees it.
///
/// Contract:
/// 1. every answer stays the same for the life of the value: the pool's indexes are built from them;
/// 2. equal [`hash`](Self::hash) means equal transaction.
///
/// The pool clones entries, so it wants them behind an [`Arc`], for which the trait is implemented.
pub trait PoolEntry {
    /// Transaction hash.
    fn hash(&self) -> B256;
    /// Recovered signer.
    fn sender(&self) -> Address;
    /// Nonce of the sender this transaction uses up.
    fn nonce(&self) -> u64;
    /// Most the sender pays for one gas, base fee included, in wei (the gas price of legacy types).
    fn max_fee_per_gas(&self) -> u128;
    /// Most the sender tips for one gas, in wei (the gas price of legacy types).
    fn max_priority_fee_per_gas(&self) -> u128;
    /// Gas limit.
    fn gas_limit(&self) -> u64;
    /// Most the transaction can take from the sender, in wei: value + gas limit × fee cap.
    fn max_cost_wei(&self) -> U256;
    /// Bytes this transaction counts for against [`PoolLimits::max_bytes`](super::PoolLimits::max_bytes).
    fn size_bytes(&self) -> usize;

    /// Tip for one gas at a base fee (both wei), as EIP-1559 defines it; `None` when the fee cap does not reach the base fee.
    fn effective_tip_wei(&self, base_fee_wei: u128) -> Option<u128> {
        let room_wei = self.max_fee_per_gas().checked_sub(base_fee_wei)?;
        Some(room_wei.min(self.max_priority_fee_per_gas()))
    }
}

impl<E: PoolEntry> PoolEntry for Arc<E> {
    fn hash(&self) -> B256 {
        (**self).hash()
    }
    fn sender(&self) -> Address {
        (**self).sender()
    }
    fn nonce(&self) -> u64 {
        (**self).nonce()
    }
    fn max_fee_per_gas(&self) -> u128 {
        (**self).max_fee_per_gas()
    }
    fn max_priority_fee_per_gas(&self) -> u128 {
        (**self).max_priority_fee_per_gas()
    }
    fn gas_limit(&self) -> u64 {
        (**self).gas_limit()
    }
    fn max_cost_wei(&self) -> U256 {
        (**self).max_cost_wei()
    }
    fn size_bytes(&self) -> usize {
        (**self).size_bytes()
    }
}

/// The sender's account in the state the open block has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderState {
    /// Next nonce the account will use.
    pub nonce: u64,
    /// Balance in wei.
    pub balance_wei: U256,
}
