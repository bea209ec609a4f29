//! Sends transactions to L1 until they are in a block: one lane per account and kind, fees raised as the nodes' pools demand.
//!
//! A node's pool holds either blob transactions or others of one account, never both (go-ethereum): a lane that posts blobs has
//! an account of its own.
//!
//! [`Lane::send`] is for a transaction that is as good in one block as in another, [`Lane::send_in_slots`] for one whose calldata
//! names the slot of its block.

mod blob;
mod fees;
mod lane;
mod refusal;
mod slots;

pub use blob::{Sidecar, SidecarForm, sidecar, warm_up};
pub use fees::{FeeError, FeePolicy, Offer};
pub use lane::{Landed, Lane, LaneConfig, Outgoing, SendError};
pub use refusal::PoolRefusal;
pub use slots::{Aim, SlotOutcome, SlotRules, SlotWork};
