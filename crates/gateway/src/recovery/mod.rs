//! From disk back to where the gateway stood: the store's newest block, and on top of it every
//! record of the promise log, executed again and compared bit by bit.

mod chain_file;
mod error;
mod recover;
mod replay;

pub use chain_file::ChainFileError;
pub use error::RecoveryError;
pub use recover::{Recovered, RecoverySettings, recover};
