use crate::pool::Refusal;
use alloy_primitives::U256;
use forebond_rpc::SubmitError;

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

impl Refused {
    /// In the words of the RPC. `base_fee_wei` is the open block's, `block_gas_limit` every block's.
    pub fn into_submit_error(self, base_fee_wei: u64, block_gas_limit: u64) -> SubmitError {
        match self {
            Self::Pool(refusal) => pool_refusal(refusal),
            Self::TipTooLow { quote_wei, tip_wei } => SubmitError::TipBelowQuote {
                quoted_wei: quote_wei,
                got_wei: tip_wei,
                base_fee_wei,
            },
            Self::GasLimit { max, got } if got > block_gas_limit => SubmitError::GasAboveBlock {
                limit: block_gas_limit.min(max),
                got,
            },
            Self::GasLimit { max, got } => SubmitError::GasAboveCap { limit: max, got },
            Self::Funds { have_wei, want_wei } => SubmitError::InsufficientFunds {
                have_wei,
                want_wei,
                queued_wei: Default::default(),
            },
            other => SubmitError::NotAccepting {
                reason: other.to_string(),
            },
        }
    }
}

fn pool_refusal(refusal: Refusal) -> SubmitError {
    match refusal {
        Refusal::NonceTooLow { expected, got } => SubmitError::NonceTooLow { expected, got },
        Refusal::NonceTooFar {
            expected,
            highest,
            got,
        } => SubmitError::NonceTooHigh {
            expected,
            highest,
            got,
        },
        Refusal::ReplacementUnderpriced {
            min_fee_cap_wei,
            min_tip_wei,
            fee_cap_wei,
            tip_wei,
        } => SubmitError::ReplacementUnderpriced {
            min_fee_cap_wei,
            min_tip_wei,
            fee_cap_wei,
            tip_wei,
        },
        Refusal::InExecution { nonce } => SubmitError::InExecution {
            expected: nonce.saturating_add(1),
            got: nonce,
        },
        Refusal::InsufficientFunds {
            have_wei,
            want_wei,
            queued_wei,
        } => SubmitError::InsufficientFunds {
            have_wei,
            want_wei,
            queued_wei,
        },
        Refusal::TooLarge {
            max_bytes,
            got_bytes,
        } => SubmitError::TooLarge {
            max_bytes,
            got_bytes,
        },
        Refusal::SenderFull { count, max_count } => SubmitError::SenderFull { count, max_count },
        other @ (Refusal::PoolFull { .. } | Refusal::AlreadyKnown) => SubmitError::PoolFull {
            advice: other.to_string(),
        },
    }
}
