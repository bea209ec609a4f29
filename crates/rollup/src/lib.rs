//! What a rollup family defines: how a block starts, what its header says, what genesis holds.
//! Pure code. A new family is a new module beside [`op`], never a fork of a crate.

pub mod op;
