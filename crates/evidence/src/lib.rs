//! From what is known to what an L1 judge accepts: one module per fault of `specs/rules.md`, the memory of signed messages that
//! contradictions are found in, and the way of an accusation from its discovery to its bounty. Pure: no I/O, no clock, no tasks.
//!
//! Nothing here accuses by suspicion. Each function gives evidence only if the Solidity judge of its fault, asked about the same
//! facts, convicts; `tests/` asks it. `specs/evidence.md` says for every fault what proves it and when.

mod accusation;
mod accused;
mod attested;
pub mod blocks;
mod brought;
pub mod case;
pub mod docket;
pub mod fault_ids;
pub mod faults;
mod promise;
mod shapes;

pub use accusation::{Accusation, Culprit, FaultKind, Judge, Ripe, commitment};
pub use accused::Accused;
pub use attested::Attested;
pub use brought::Brought;
pub use promise::{Promise, PromiseError};
