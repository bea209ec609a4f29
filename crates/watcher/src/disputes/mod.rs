//! False claims: disputed with a bond, voted on by who attests, finished when their time has come.

mod attestation;
mod disputer;
mod failures;
mod opinions;
mod search;
mod steps;
mod votes;

pub use attestation::Attesters;
pub use disputer::{DisputeError, Disputer, DisputerParts};
pub use opinions::Opinions;
pub use votes::{VoteLog, VoteLogError};
