//! The process: four loops over L1's heads, each thin. What they decide is in `duties` and `choice`.
//!
//! | loop | waits for |
//! |---|---|
//! | `lending` | the operator's transactions |
//! | `registering` | the signer, then the operator's transactions |
//! | `handing` | the signer |
//! | `telling` | relays, gateways |
//!
//! A signer that stalls holds up no loan, and a transaction that does not land holds up no signature.

mod context;
mod handing;
mod lending;
mod registering;
mod run;
mod start;
mod surroundings;
mod telling;

pub use context::Context;
pub use run::{Running, run, start};
pub use start::{StartError, refuse_other_chains};
