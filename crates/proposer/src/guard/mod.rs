//! The blob guard: a Builder API between the beacon node and MEV-Boost (or Commit-Boost's PBS, or a relay). In a slot that is lent to a
//! gateway, a bid without the expected batch's blobs is no bid: the beacon node gets 204, and builds locally. A valid payload has to
//! hold transactions with exactly the blobs that its bid commits to, so no relay or builder has to cooperate.
//!
//! Whatever goes wrong on the way ends in the same 204, with the reason in `X-Forebond-Reason`: a block built here is never worse than
//! none. That goes for a slot too of which it is not known yet whether it is lent.
//!
//! - [`bids`]: whether a bid will do; pure, keyed by fork
//! - [`source`]: the batch that the gateway's batcher expects
//! - `proxy`, `upstream`: the routes, and what is passed on unseen

pub mod bids;
mod proxy;
pub mod source;
mod upstream;

pub use proxy::{Guard, GuardCounters, HandedSlots, LentTo};
