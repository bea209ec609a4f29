use crate::pool::Refusal;
use alloy_primitives::U256;

/// Bounds a single transaction must keep, whatever the pool holds.
#[derive(Clone, Copy, Debug)]
pub struct AdmissionLimits {
    /// Gas limit of a transaction at most.
    pub max_transaction_gas: u64,
}

/// Why a submitted transaction is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The pool refuses.
    #[error(transparent)]
    Pool(#[from] Refusal),
    /// The tip is under the quoted minimum.
    #[error(
        "tip below the quoted minimum: expected at least {quote_wei} wei per gas, got {tip_wei}; raise \
         maxPriorityFeePerGas (and maxFeePerGas to at least the base fee plus the tip)"
    )]
    TipTooLow {
        /// The quote, wei per gas.
        quote_wei: u128,
        /// The effective tip offered, wei per gas.
        tip_wei: u128,
    },
    /// The gas limit is beyond what one transaction may ask for.
    #[error("exceeds block gas limit: a transaction may ask for at most {max} gas, got {got}")]
    GasLimit {
        /// The limit.
        max: u64,
        /// The transaction's.
        got: u64,
    },
    /// The sender cannot pay value, gas and the L1 data fee together.
    #[error(
        "insufficient funds for gas * price + value: have {have_wei} wei, want {want_wei} wei (L1 data fee included); add funds"
    )]
    Funds {
        /// Balance, wei.
        have_wei: U256,
        /// Needed, wei.
        want_wei: U256,
    },
    /// The gateway cannot read its state.
    #[error("the gateway cannot read its state; try again later")]
    State,
    /// Too much is waiting for the sequencing thread.
    #[error(
        "the gateway is overloaded: {0} transactions wait to be taken in; try again in a moment"
    )]
    Busy(usize),
    /// The gateway is going down.
    #[error("the gateway is shutting down; send the transaction again in a moment")]
    Stopping,
}
