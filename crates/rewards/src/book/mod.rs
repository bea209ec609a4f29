//! The rewards manager's events, put together.

mod entry;
mod ledger;
mod statement;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryError};
pub use ledger::Book;
pub use statement::{Party, Pot, Statement, Totals};
