//! What wallets and other nodes ask: [`LedgerChain`] behind the shared `eth_` methods, over a [`ChainReader`] that finds blocks
//! wherever they are, and an [`Ingress`] that says where transactions go; [`ledger_methods`] are the ones beside `eth_`, with what a
//! role's [`Standing`] adds.

mod chain;
mod ingress;
mod json;
mod methods;
mod reader;
mod state;
mod stream;
mod views;

pub use chain::LedgerChain;
pub use ingress::{Ingress, Waited, prepare, promised};
pub use json::PreconfirmationJson;
pub(crate) use json::SharedJson;
pub use methods::{BrokenPromise, Fault, Found, Seen, Served, Standing, ledger_methods};
pub use reader::ChainReader;
pub use state::StateSnapshot;
