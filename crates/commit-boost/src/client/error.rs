use super::NotVerified;
use crate::{dialect::SignerDialect, jwt::JwtError};

/// What went wrong between us and the signer.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// 401.
    #[error(
        "{what}: the signer refuses our token: {message}; nothing more is asked, because after a few such failures it locks out this whole address. Compare CB_SIGNER_JWT with the signer's CB_JWTS for this module, and both clocks, then set the secret anew or restart"
    )]
    Unauthorized {
        /// The request.
        what: String,
        /// The signer's words.
        message: String,
    },
    /// An earlier 401.
    #[error(
        "{what}: not asked, because the signer refused our token before: {message}; set the secret anew or restart"
    )]
    Latched {
        /// The request.
        what: String,
        /// The signer's words then.
        message: String,
    },
    /// 429, or its time is not over.
    #[error(
        "{what}: the signer has locked out this address for another {wait_s} s, after failed tokens from here (perhaps another module's)"
    )]
    LockedOut {
        /// The request.
        what: String,
        /// Seconds to wait.
        wait_s: u64,
    },
    /// 400, 405, 413, 415, 422 and the like: this request will not be taken.
    #[error("{what}: the signer refuses the request ({status}): {message}")]
    Refused {
        /// The request.
        what: String,
        /// HTTP status.
        status: u16,
        /// The signer's words.
        message: String,
    },
    /// 404 about the key.
    #[error("{what}: the signer does not hold the key: {message}; look which keys it has loaded")]
    UnknownKey {
        /// The request.
        what: String,
        /// The signer's words.
        message: String,
    },
    /// 500, 502 and the like.
    #[error("{what}: the signer failed ({status}): {message}")]
    Failed {
        /// The request.
        what: String,
        /// HTTP status.
        status: u16,
        /// The signer's words.
        message: String,
    },
    /// No answer in time.
    #[error(
        "{what}: no answer within {after_ms} ms; distributed signers may take a minute, see `attempt_deadline_ms`"
    )]
    Timeout {
        /// The request.
        what: String,
        /// The deadline it had.
        after_ms: u64,
    },
    /// The connection failed.
    #[error("{what}: cannot reach the signer: {reason}")]
    Unreachable {
        /// The request.
        what: String,
        /// The transport's words.
        reason: String,
    },
    /// The answer is longer than any honest one.
    #[error("{what}: the answer is longer than {limit_bytes} bytes")]
    TooLong {
        /// The request.
        what: String,
        /// The bound.
        limit_bytes: usize,
    },
    /// An answer that is not what the interface promises.
    #[error("{what}: expected {expected}, got {got}")]
    Answer {
        /// The request.
        what: String,
        /// What the interface promises.
        expected: &'static str,
        /// What came, shortened.
        got: String,
    },
    /// The answer is about something else than was asked.
    #[error(
        "{what}: asked with {field} {expected}, the answer says {got}; its signature is not used"
    )]
    Echo {
        /// The request.
        what: String,
        /// The field.
        field: &'static str,
        /// What was asked.
        expected: String,
        /// What came.
        got: String,
    },
    /// The signature does not verify.
    #[error(
        "{what}: {reason}; it is not used. The signer may have another chain or signing_id configured"
    )]
    NotVerified {
        /// The request.
        what: String,
        /// Why.
        reason: Box<NotVerified>,
    },
    /// Between two requests the signer has become another.
    #[error(
        "{what}: the signer spoke the {before} dialect, and now it does not; it was replaced or upgraded: ask again, its dialect is looked up anew"
    )]
    DialectChanged {
        /// The request.
        what: String,
        /// What it spoke.
        before: SignerDialect,
    },
    /// This signer cannot do it.
    #[error("{what}: signers of the {dialect} dialect cannot {cannot}")]
    Unsupported {
        /// The request.
        what: String,
        /// Its dialect.
        dialect: SignerDialect,
        /// What it lacks.
        cannot: &'static str,
    },
    /// The permit is of another module.
    #[error("{what}: the permit is for signing id {got}, this client's is {expected}")]
    OtherModule {
        /// The request.
        what: String,
        /// Ours.
        expected: alloy_primitives::B256,
        /// The permit's.
        got: alloy_primitives::B256,
    },
    /// Our own token cannot be made.
    #[error("the token cannot be made: {0}")]
    Token(#[from] JwtError),
    /// The client cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    SetUp(String),
}

/// What a caller does about a [`SignerError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The same request may succeed later; the client has tried a few times itself.
    Later,
    /// Somebody has to change something first.
    Operator,
    /// The signer lies, or is not what it seems: tell somebody.
    Alarm,
}

impl SignerError {
    /// What to do next.
    #[must_use]
    pub const fn advice(&self) -> Advice {
        match self {
            Self::LockedOut { .. }
            | Self::Failed { .. }
            | Self::Timeout { .. }
            | Self::Unreachable { .. }
            | Self::DialectChanged { .. } => Advice::Later,
            Self::Unauthorized { .. }
            | Self::Latched { .. }
            | Self::Refused { .. }
            | Self::UnknownKey { .. }
            | Self::Unsupported { .. }
            | Self::OtherModule { .. }
            | Self::Token(_)
            | Self::SetUp(_) => Advice::Operator,
            Self::TooLong { .. }
            | Self::Answer { .. }
            | Self::Echo { .. }
            | Self::NotVerified { .. } => Advice::Alarm,
        }
    }

    /// [`Self::Unsupported`] for a key that the dialect's requests cannot name.
    pub(crate) fn unnameable(what: &str, dialect: SignerDialect) -> Self {
        Self::Unsupported {
            what: what.to_owned(),
            dialect,
            cannot: "name an ECDSA proxy by its address",
        }
    }

    /// Whether the client itself may ask once more, for requests that are harmless twice.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Failed { .. } | Self::Timeout { .. } | Self::Unreachable { .. }
        )
    }
}
