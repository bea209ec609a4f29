//! Each promise against the chain that nodes derive from L1.
//!
//! A promise waits until its block is final, then it is compared and forgotten; at the end of a run those that are left are
//! compared with what is safe. So memory does not grow with the run, and no L1 reorg undoes a verdict.

mod book;
mod chain;
mod court;
mod revenue;
mod turns;

use book::Book;
pub(crate) use book::{Broken, Verdicts};
use chain::{Derived, derived_block};
pub(crate) use court::{Certainty, Court, Witnesses};
pub(crate) use revenue::{Revenue, revenue};
use turns::Turns;
pub(crate) use turns::TurnsReport;
