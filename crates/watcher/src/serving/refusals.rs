use forebond_evidence::docket::Refusal;
use forebond_rpc::{
    invalid_params,
    jsonrpsee::types::{ErrorObjectOwned, error::INTERNAL_ERROR_CODE},
};
use forebond_types::Domain;

use crate::hearing::{DeskError, NotHeard};

/// Longer than anything a judge would read.
pub const TOO_LARGE: i32 = -32610;
/// Of another rollup, or another L1.
pub const OTHER_ROLLUP: i32 = -32611;
/// Signed by nobody who signs for a gateway in that window.
pub const NOT_A_GATEWAYS: i32 = -32612;
/// About a window that is too far ahead, or too old to be judged.
pub const OUTSIDE_HORIZON: i32 = -32613;
/// Parts that do not belong together.
pub const DAMAGED: i32 = -32614;
/// Under a base that nobody has shown.
pub const UNKNOWN_BASE: i32 = -32615;
/// Nothing more is kept about this gateway's window.
pub const FULL: i32 = -32616;

/// Signed by nobody who has validators to lend.
pub const NOT_AN_OPERATORS: i32 = -32617;

/// Why a submission is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitRefusal {
    /// Too long.
    #[error("evidence of {got} bytes; {most} at most are read")]
    TooLarge {
        /// Its size.
        got: usize,
        /// The bound.
        most: usize,
    },
    /// Not an object that is evidence.
    #[error("{0}")]
    Malformed(String),
    /// For somebody else.
    #[error("this watcher hears about {expected:?}, the evidence is about {got:?}")]
    OtherRollup {
        /// Here.
        expected: Domain,
        /// There.
        got: Domain,
    },
    /// Not taken by the book, or by the disk.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl SubmitRefusal {
    /// A word for figures.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::Malformed(_) => "malformed",
            Self::OtherRollup { .. } => "other_rollup",
            Self::Desk(DeskError::NotHeard(_)) => "refused",
            Self::Desk(_) => "failed",
        }
    }

    /// As JSON-RPC answers it.
    pub fn answer(&self) -> ErrorObjectOwned {
        let code = match self {
            Self::TooLarge { .. } => TOO_LARGE,
            Self::Malformed(_) => return invalid_params(self.to_string()),
            Self::OtherRollup { .. } => OTHER_ROLLUP,
            Self::Desk(DeskError::NotHeard(refusal)) => match refusal {
                NotHeard::UnknownBase(_) => UNKNOWN_BASE,
                NotHeard::Damaged(_) => DAMAGED,
                NotHeard::Refused(refusal) => match refusal {
                    Refusal::TooFar { .. } | Refusal::TooOld { .. } => OUTSIDE_HORIZON,
                    Refusal::OtherBase { .. } => DAMAGED,
                    Refusal::NotACommitter { .. } => NOT_A_GATEWAYS,
                    Refusal::TooManyBases { .. } | Refusal::Full(_) => FULL,
                },
            },
            // The reason names files of this machine: it is for its operator.
            Self::Desk(error) => {
                tracing::error!(%error, "a submission cannot be kept");
                return ErrorObjectOwned::owned(
                    INTERNAL_ERROR_CODE,
                    "the watcher cannot keep evidence at the moment; try again later",
                    None::<()>,
                );
            }
        };
        ErrorObjectOwned::owned(code, self.to_string(), None::<()>)
    }
}
