//! How signed messages travel between machines.
//!
//! Two ways, one kind of message ([`Envelope`](forebond_types::Envelope)) and one way in:
//! - [`Net`]: libp2p gossip on one topic per rollup, and requests for what was missed;
//! - [`direct`]: a WebSocket to a gateway one trusts to be up, without libp2p.
//!
//! **What every message goes through**, in this order and wherever it came from: size, strict decode, duplicate by struct
//! hash, one signature recovery, the [`Judge`], and only then the reader and other peers. Whoever sends what no honest
//! process could have accepted loses score and in the end its place; whoever sends what *we* cannot use (a signer our view
//! of L1 does not know, an old window) loses nothing.
//!
//! **What is identity and what is not.** A message is its struct hash. The transactions beside a frag and the seal beside a
//! base are not signed one by one, so somebody in between can alter them: a copy that arrived first must not keep the honest
//! one away. Copies with one struct hash and other contents are therefore let through up to a small number, and a reader who
//! finds one that does not execute as promised says so by [`Net::blame`]. For the same reason gossip's own loop suppression
//! goes by the hash of all bytes.
//!
//! **Nothing is compressed**, so a small message cannot become a large one; RLP is capped at
//! [`MAX_ENVELOPE_BYTES`](forebond_types::MAX_ENVELOPE_BYTES).
//!
//! The rules are in `policy` and `range::answer`: synchronous code with the time passed in. `gossip::run` and
//! `direct::stream` only move bytes.

mod config;
pub mod direct;
mod error;
mod events;
mod gossip;
mod history;
mod judge;
mod message;
mod outbox;
mod policy;
mod range;

pub use config::{Identity, Limits, NetConfig};
pub use error::{NetError, PublishError, RequestError};
pub use events::Events;
pub use gossip::{Counters, Net};
pub use history::History;
pub use judge::{Judge, Judgement, Unusable};
pub use libp2p::{Multiaddr, PeerId};
pub use message::{Conflict, Incoming, LeaveReason, Received, SignedMessage, Source};
pub use policy::Offence;
pub use range::{RangeAnswer, RangeRequest};
