//! Delegations that operators signed, as their buyers hand them in: kept, and held against the registry and against each other (R15).

mod auditor;
mod shelf;

pub use auditor::{Bought, NotBought, Sales, SalesError};
pub use shelf::SaleWire;
