use alloy_primitives::{Address, B256};
use forebond_l1::L1Error;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// It may pass: ask again later, perhaps at another endpoint.
    Retry,
    /// It does not pass by itself: the configuration, or what was deployed, is not what was expected.
    GiveUp,
}

/// Why the view of a rollup could not be built or kept.
#[derive(Debug, thiserror::Error)]
pub enum SettlementError {
    /// An L1 endpoint failed, or broke its promises.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The rollup file cannot be used.
    #[error("rollup file {path}: {reason}")]
    File {
        /// Its path.
        path: String,
        /// Why not.
        reason: String,
    },
    /// L1 and the rollup file, or two of L1's parts, contradict each other.
    #[error("{what}: expected {expected}, got {got}; {next}")]
    Mismatch {
        /// Which fact.
        what: &'static str,
        /// What the rollup file or the first source says.
        expected: String,
        /// What L1 or the second source says.
        got: String,
        /// What to do.
        next: &'static str,
    },
    /// A contract refused, or its answer does not decode.
    #[error("{contract} at {address}, {call}: {reason}")]
    Contract {
        /// Its name.
        contract: &'static str,
        /// Its address.
        address: Address,
        /// Signature of the call.
        call: &'static str,
        /// The revert in words, or why the answer does not decode.
        reason: String,
    },
    /// A log that its contract cannot have written: the endpoint lies, or the address is of another contract.
    #[error("log {log_index} of L1 block {block}: {reason}")]
    Log {
        /// The block.
        block: B256,
        /// The log's index in it.
        log_index: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// A block that the follower announced is not served: reorganised away in between, or the endpoint lags.
    #[error("L1 block {number} ({hash}) was announced but is not served")]
    BlockGone {
        /// Its number.
        number: u64,
        /// Its hash.
        hash: B256,
    },
    /// An endpoint that answers but shows no new block.
    #[error("no new L1 block in {waited_ms} ms, the newest is {number}")]
    Stalled {
        /// How long it was watched, milliseconds.
        waited_ms: u64,
        /// The newest block.
        number: u64,
    },
    /// Windows and gateways were not read in time.
    #[error(
        "windows for L1 block {number} were not read within {waited_ms} ms: use an L1 endpoint that is nearer"
    )]
    WindowsLate {
        /// The deadline, milliseconds.
        waited_ms: u64,
        /// The block.
        number: u64,
    },
    /// The configuration names no endpoint.
    #[error("no {0} endpoint is configured: name at least one")]
    NoEndpoint(&'static str),
}

impl SettlementError {
    /// Whether to ask again.
    pub fn advice(&self) -> Advice {
        match self {
            Self::L1(error) if error.advice() == forebond_l1::Advice::Retry => Advice::Retry,
            Self::BlockGone { .. } | Self::Stalled { .. } | Self::WindowsLate { .. } => {
                Advice::Retry
            }
            Self::L1(_)
            | Self::File { .. }
            | Self::Mismatch { .. }
            | Self::Contract { .. }
            | Self::Log { .. }
            | Self::NoEndpoint(_) => Advice::GiveUp,
        }
    }
}
