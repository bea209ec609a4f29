//! Sends transactions to L1 until they are in a block: one lane per account and kind, fees raised as the nodes' pools demand.
//!
//! A node's pool holds either blob transactions or others of one account, never both (go-ethereum): a lane that posts blobs has
//! an account of its own.

mod blob;
mod fees;
mod lane;
mod refusal;

pub use blob::{Sidecar, SidecarForm, sidecar};
pub use fees::{FeeError, FeePolicy, Offer};
pub use lane::{Landed, Lane, LaneConfig, Outgoing, SendError};
pub use refusal::PoolRefusal;
