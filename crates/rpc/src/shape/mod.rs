//! Views of the chain as the JSON objects of the Ethereum RPC.

mod block;
mod ethereum;
mod logs;
mod op_stack;

pub(crate) use block::{BlockJson, HeadJson};
pub use ethereum::{BlobFees, Ethereum};
pub use logs::log_json;
pub(crate) use logs::matching_logs;
pub use op_stack::OpStack;
