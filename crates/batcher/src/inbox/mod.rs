//! The Inbox as it stands after an L1 block, and the call that adds to it.

mod posting;
mod reader;

pub use posting::{Letters, posting_call};
pub use reader::{InboxReader, ReadError, Standing};
