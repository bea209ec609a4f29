//! Bounds of the pool.

/// Bounds of the pool; every one holds at all times.
///
/// The defaults are meant for 10,000 transactions/s from few senders: the pool is nearly empty while the sequencer
/// keeps up, so the bounds are what a stall may pile up. 100,000 transactions are ten seconds of that load, 128 MiB
/// gives each of them 1.3 KiB, and a sender's share of 1,000 (1 %) lets ten senders at full load ride out a second
/// while a hundred funded accounts would be needed to fill the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Most transactions in the pool.
    pub max_count: usize,
    /// Most bytes in the pool, as the entries state their size.
    pub max_bytes: usize,
    /// Most bytes of one transaction.
    pub max_transaction_bytes: usize,
    /// Most transactions of one sender.
    pub max_count_per_sender: usize,
    /// How far above the sender's pending nonce (the first one free) a nonce may be.
    pub max_nonce_gap: u64,
    /// How much more a replacement must offer, in percent, on the fee cap and on the tip.
    pub replacement_bump_percent: u32,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            max_count: 100_000,
            max_bytes: 128 * 1024 * 1024,
            max_transaction_bytes: 128 * 1024,
            max_count_per_sender: 1_000,
            max_nonce_gap: 64,
            replacement_bump_percent: 10,
        }
    }
}
