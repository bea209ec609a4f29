//! Views of the chain as the JSON objects of the Ethereum RPC.

mod block;
mod logs;
mod receipt;
mod transaction;

pub(crate) use block::{BlockJson, HeadJson};
pub use logs::log_json;
pub(crate) use logs::matching_logs;
pub use receipt::receipt_json;
pub use transaction::transaction_json;
pub(crate) use transaction::{pooled_json, waiting_json};
