//! What the RPC needs from a chain: two narrow traits and the views they hand out.

mod contract;
mod errors;
mod family;
mod views;

pub use contract::{Chain, OwnFeed, Snapshot};
pub use errors::{CallError, ReadError, SubmitError};
pub use family::Family;
pub use views::{
    AccountView, BlockView, CallEnd, CallOutcome, CallRequest, EnvView, Heads, Located,
    PlacedTransaction, PoolTransaction, PromisedBatch, Replaced, StateAt, SyncProgress,
    TransactionView, WaitOutcome,
};
