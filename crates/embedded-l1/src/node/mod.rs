//! Both halves as one chain: slots pass, blocks are made, heads move, and what the script says happens.
//!
//! [`Node`] is synchronous: [`Control::advance_slots`](crate::script::Control::advance_slots) makes slots pass at once in
//! virtual time. [`EmbeddedL1`] adds what needs a runtime: the clock of real time and the servers.
//!
//! Locks, in the order they are taken: the chain, then those of the [`Ledger`]. Readers of the execution half take none of
//! the chain's: they see a view that is replaced as a whole.

mod beacon_view;
mod chain;
mod config;
mod error;
mod events;
mod ledger;
mod payload;
mod produce;
mod real_time;
mod reorg;
mod service;
mod shared;
mod view;

pub use chain::BlockRecord;
pub use config::{Clock, NodeConfig};
pub use error::StartError;
pub use ledger::Ledger;
pub use service::{EmbeddedL1, PresetName, ServiceConfig};
pub use shared::Node;
pub use view::{PublishedBlock, View};
