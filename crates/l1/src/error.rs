use std::time::Duration;

/// What went wrong between us and an L1 endpoint. Every variant says what was asked, what came, and [`L1Error::advice`] what
/// to do next.
#[derive(Debug, thiserror::Error)]
pub enum L1Error {
    /// The endpoint's address is not usable.
    #[error("{endpoint:?} is not an endpoint: expected http://host:port or https://host, {reason}")]
    Endpoint {
        /// As given.
        endpoint: String,
        /// Why not.
        reason: String,
    },
    /// No answer in time.
    #[error("{what}: no answer within {after_ms} ms")]
    Timeout {
        /// The request.
        what: String,
        /// The deadline it had.
        after_ms: u64,
    },
    /// The connection failed.
    #[error("{what}: cannot reach the endpoint: {reason}")]
    Unreachable {
        /// The request.
        what: String,
        /// The transport's words.
        reason: String,
    },
    /// An HTTP status other than success.
    #[error("{what}: the endpoint answered {status}: {message}")]
    Status {
        /// The request.
        what: String,
        /// HTTP status.
        status: u16,
        /// The endpoint's message, shortened.
        message: String,
    },
    /// An answer that is not what the API promises.
    #[error("{what}: expected {expected}, got {got}")]
    Answer {
        /// The request.
        what: String,
        /// What the API promises.
        expected: String,
        /// What came, shortened.
        got: String,
    },
    /// The answer is longer than any honest one.
    #[error("{what}: the answer is longer than {limit_bytes} bytes")]
    TooLong {
        /// The request.
        what: String,
        /// The bound.
        limit_bytes: usize,
    },
    /// The node says, or shows, that it does not follow the chain.
    #[error(
        "{what}: the node is not in step with its chain: {reason}; wait for it to sync, or use another endpoint"
    )]
    NotSynced {
        /// The request.
        what: String,
        /// How it shows.
        reason: String,
    },
    /// A JSON-RPC error object.
    #[error("{what}: the node refuses ({code}): {message}")]
    Refused {
        /// The request.
        what: String,
        /// JSON-RPC error code.
        code: i64,
        /// The node's message, shortened.
        message: String,
        /// What the contract reverted with, when the node says.
        data: Option<alloy_primitives::Bytes>,
    },
}

/// What a caller does about an [`L1Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The same request may succeed in a moment.
    Retry,
    /// This endpoint will not answer it: use another one, or leave it.
    GiveUp,
}

impl L1Error {
    /// Whether the same request may succeed in a moment.
    pub fn advice(&self) -> Advice {
        match self {
            Self::Timeout { .. } | Self::Unreachable { .. } | Self::NotSynced { .. } => {
                Advice::Retry
            }
            Self::Status { status, .. } if *status >= 500 || *status == 429 => Advice::Retry,
            Self::Endpoint { .. }
            | Self::Status { .. }
            | Self::Answer { .. }
            | Self::TooLong { .. }
            | Self::Refused { .. } => Advice::GiveUp,
        }
    }

    pub(crate) fn timeout(what: &str, after: Duration) -> Self {
        Self::Timeout {
            what: what.to_owned(),
            after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        }
    }

    pub(crate) fn answer(what: &str, expected: impl Into<String>, got: &str) -> Self {
        Self::Answer {
            what: what.to_owned(),
            expected: expected.into(),
            got: shortened(got),
        }
    }
}

/// At most 200 characters of somebody else's text, on one line.
pub(crate) fn shortened(text: &str) -> String {
    const LIMIT: usize = 200;
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LIMIT)
        .collect();
    if text.chars().count() > LIMIT {
        format!("{line}… ({} bytes)", text.len())
    } else {
        line
    }
}
