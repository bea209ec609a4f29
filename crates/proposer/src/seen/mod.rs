//! What L1, the beacon node and the gateways show. Requests only: what follows from the answers is decided in `duties` and `choice`.

mod chain;
mod gateways;

pub use chain::{Chain, MOST_VALIDATORS, SeenError};
pub use gateways::{Lookout, unread};
