//! What the pool tells its caller: where a transaction stands, which ones left, why one was refused.

use alloy_primitives::{B256, U256};

/// Where a transaction stands. Later is more valuable: eviction takes from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Waits for a missing nonce before it, or for the base fee to fall to its fee cap (or to that of one before it).
    Held,
    /// Executable once the sender's transactions before it are.
    Ready,
}

/// Why a transaction left the pool without the caller having taken it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Another transaction of the same sender and nonce paid more.
    Replaced {
        /// Hash of the transaction that took its place.
        by: B256,
    },
    /// The pool was full and something better came.
    Evicted,
    /// The account's nonce has passed it by another way (deposit, EIP-7702 authorization): it can never execute.
    Overtaken,
}

/// A transaction that left the pool; whoever waits for it has to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed<T> {
    /// The transaction.
    pub tx: T,
    /// Why it left.
    pub why: Departure,
}

/// Why a transaction was not admitted. The pool keeps no trace of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The very same transaction is in the pool: to be answered as a success.
    #[error("transaction is already known; wait for its promise instead of sending it again")]
    AlreadyKnown,
    /// The nonce is used up by an executed transaction, whose promise stands.
    #[error(
        "nonce too low: expected {expected}, got {got}; that nonce belongs to a transaction already executed and promised, \
         which cannot be replaced: sign with nonce {expected} or higher"
    )]
    NonceTooLow {
        /// Next nonce of the account.
        expected: u64,
        /// Nonce of the transaction.
        got: u64,
    },
    /// Too many nonces are missing before this one.
    #[error(
        "nonce too high: expected {expected} to {highest}, got {got}; send the transactions before it first"
    )]
    NonceTooFar {
        /// First nonce free after those queued.
        expected: u64,
        /// Highest nonce held for the future.
        highest: u64,
        /// Nonce of the transaction.
        got: u64,
    },
    /// Same sender and nonce as one in the pool, but not enough more is offered.
    #[error(
        "replacement transaction underpriced: expected a fee cap of at least {min_fee_cap_wei} wei and a tip of at least \
         {min_tip_wei} wei per gas, got {fee_cap_wei} and {tip_wei}; raise both or wait for the first transaction"
    )]
    ReplacementUnderpriced {
        /// Lowest fee cap that replaces, wei per gas.
        min_fee_cap_wei: u128,
        /// Lowest tip that replaces, wei per gas.
        min_tip_wei: u128,
        /// Fee cap offered, wei per gas.
        fee_cap_wei: u128,
        /// Tip offered, wei per gas.
        tip_wei: u128,
    },
    /// Same sender and nonce as the one being executed at this moment.
    #[error("nonce {nonce} is being executed and cannot be replaced any more; sign with nonce {next} or higher", next = nonce.saturating_add(1))]
    InExecution {
        /// Nonce of both.
        nonce: u64,
    },
    /// The balance does not cover this transaction together with those the sender has queued.
    #[error(
        "insufficient funds for gas * price + value: have {have_wei} wei, want {want_wei} wei, of which {queued_wei} wei for \
         transactions already queued; add funds or wait until those are executed"
    )]
    InsufficientFunds {
        /// Balance, wei.
        have_wei: U256,
        /// Most that this and the queued transactions can take, wei.
        want_wei: U256,
        /// Most that the queued transactions can take, wei.
        queued_wei: U256,
    },
    /// The transaction is larger than the pool takes.
    #[error("transaction too large: expected at most {max_bytes} bytes, got {got_bytes}; split it")]
    TooLarge {
        /// Limit, bytes.
        max_bytes: usize,
        /// Size of the transaction, bytes.
        got_bytes: usize,
    },
    /// The sender's share of the pool is used up.
    #[error(
        "sender has {count} transactions queued of at most {max_count}; wait until some are executed"
    )]
    SenderFull {
        /// Queued transactions of the sender.
        count: usize,
        /// Limit for a sender.
        max_count: usize,
    },
    /// The pool is full and nothing in it may make room for this transaction.
    #[error("pool is full ({count} transactions, {bytes} bytes); {}", full_advice(.outbid_tip_wei))]
    PoolFull {
        /// Transactions in the pool.
        count: usize,
        /// Bytes in the pool.
        bytes: usize,
        /// Effective tip, wei per gas at the present base fee, that has to be exceeded; `None` when no tip would do.
        outbid_tip_wei: Option<u128>,
    },
}

fn full_advice(outbid_tip_wei: &Option<u128>) -> String {
    match outbid_tip_wei {
        Some(tip_wei) => {
            format!("offer an effective tip above {tip_wei} wei per gas or try again later")
        }
        None => "try again later, lowest free nonce first".to_owned(),
    }
}
