//! Every role is a process of its own, a child of this one.

mod command_lines;
mod process;
mod set;

pub(crate) use command_lines::{Launch, Setting, launches};
pub(crate) use process::{append_to, end_kindly};
pub(crate) use set::{Children, resident_kib};
