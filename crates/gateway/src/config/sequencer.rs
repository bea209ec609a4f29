use super::problems::at_least;
use forebond_protocol::OrderingRule;
use serde::{Deserialize, Serialize};

/// `[sequencer]`: how blocks are filled and frags are cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SequencerSection {
    /// The declared order of user transactions: `arrival`, or `priority-fee` (descending within a
    /// frag, at most one transaction per sender and frag). Every frag carries it.
    pub ordering_rule: OrderingRule,
    /// Bytes of raw transactions in a frag, at most.
    pub frag_max_bytes: u32,
    /// Gas a frag may use, at most; at least `max_transaction_gas`.
    pub frag_max_gas: u64,
    /// Transactions in a frag, at most.
    pub frag_max_transactions: u32,
    /// 0: a frag is cut as soon as the log is ready for one. Otherwise: every so many milliseconds.
    pub frag_interval_ms: u64,
    /// Accounts and storage slots kept in memory in front of the store.
    pub cache_entries: u64,
    /// Largest gas limit of one transaction; a transaction with a larger one is refused.
    pub max_transaction_gas: u64,
}

impl Default for SequencerSection {
    fn default() -> Self {
        Self {
            ordering_rule: OrderingRule::Arrival,
            frag_max_bytes: 1 << 20,
            frag_max_gas: 60_000_000,
            frag_max_transactions: 2_048,
            frag_interval_ms: 0,
            cache_entries: 300_000,
            max_transaction_gas: 30_000_000,
        }
    }
}

/// What one log record may hold beyond the raw transactions is left of its 4 MiB.
const MAX_FRAG_BYTES: u32 = 3 << 20;

impl SequencerSection {
    pub(super) fn problems(&self, gas_limit: u64, block_time_s: u64, found: &mut Vec<String>) {
        at_least(
            "sequencer.frag_max_transactions",
            self.frag_max_transactions.into(),
            1,
            found,
        );
        at_least(
            "sequencer.max_transaction_gas",
            self.max_transaction_gas,
            21_000,
            found,
        );
        at_least("sequencer.cache_entries", self.cache_entries, 1_000, found);
        if self.frag_max_bytes > MAX_FRAG_BYTES {
            found.push(format!(
                "sequencer.frag_max_bytes: expected at most {MAX_FRAG_BYTES}, so that a frag fits \
                 one record of the log, got {}",
                self.frag_max_bytes
            ));
        }
        if self.frag_max_gas < self.max_transaction_gas {
            found.push(format!(
                "sequencer.frag_max_gas: expected at least sequencer.max_transaction_gas ({}), got \
                 {}; otherwise the largest transactions fit no frag",
                self.max_transaction_gas, self.frag_max_gas
            ));
        }
        if self.max_transaction_gas > gas_limit {
            found.push(format!(
                "sequencer.max_transaction_gas: expected at most chain.gas_limit ({gas_limit}), got {}",
                self.max_transaction_gas
            ));
        }
        if self.frag_interval_ms > block_time_s.saturating_mul(1000) {
            found.push(format!(
                "sequencer.frag_interval_ms: expected at most one block time ({block_time_s} s), got {} ms",
                self.frag_interval_ms
            ));
        }
    }
}
