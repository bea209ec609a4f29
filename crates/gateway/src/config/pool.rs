use super::problems::at_least;
use serde::{Deserialize, Serialize};

/// `[pool]`: bounds of the transaction pool; every one holds at all times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSection {
    /// Transactions in the pool, at most.
    pub max_transactions: u32,
    /// Bytes in the pool, at most.
    pub max_bytes: u64,
    /// Bytes of one transaction, at most.
    pub max_transaction_bytes: u32,
    /// Transactions of one sender, at most.
    pub max_transactions_per_sender: u32,
    /// How far above the sender's next nonce a nonce may be.
    pub max_nonce_gap: u64,
    /// How much more a replacement must offer, percent, on fee cap and tip alike.
    pub replacement_bump_percent: u32,
}

impl Default for PoolSection {
    fn default() -> Self {
        Self {
            max_transactions: 100_000,
            max_bytes: 128 << 20,
            max_transaction_bytes: 128 << 10,
            max_transactions_per_sender: 1_000,
            max_nonce_gap: 64,
            replacement_bump_percent: 10,
        }
    }
}

impl PoolSection {
    pub(super) fn problems(&self, frag_max_bytes: u32, found: &mut Vec<String>) {
        at_least(
            "pool.max_transactions",
            self.max_transactions.into(),
            1,
            found,
        );
        at_least(
            "pool.max_transactions_per_sender",
            self.max_transactions_per_sender.into(),
            1,
            found,
        );
        at_least(
            "pool.max_transaction_bytes",
            self.max_transaction_bytes.into(),
            1_024,
            found,
        );
        at_least(
            "pool.max_bytes",
            self.max_bytes,
            self.max_transaction_bytes.into(),
            found,
        );
        if self.max_transaction_bytes > frag_max_bytes {
            found.push(format!(
                "pool.max_transaction_bytes: expected at most sequencer.frag_max_bytes \
                 ({frag_max_bytes}), got {}; otherwise the largest transactions fit no frag",
                self.max_transaction_bytes
            ));
        }
    }
}
