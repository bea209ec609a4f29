//! What the sequencer needs to know of L1: which block a rollup block builds on, and the deposits
//! that block brings.

mod dev;

pub use dev::{Deposit, DepositDesk, DepositRefused, DevL1};

use forebond_rollup::op::L1Origin;
use op_alloy_consensus::TxDeposit;

/// The sequencer's view of L1.
///
/// Contract: 1. `next_origin` returns `current` or its child, never anything else (R23). 2. What it
/// returns is at least `originDepth` blocks behind L1's head, so that no ordinary reorg takes it
/// back (R3). 3. `deposits` of an origin never change and are in L1 order; they are forced: the
/// sequencer has no say. 4. Neither call blocks: what is not known yet is not offered.
pub trait L1Source: Send {
    /// The origin of the first rollup block.
    fn first_origin(&mut self) -> L1Origin;
    /// The origin of a rollup block with this timestamp (Unix seconds) after one built on `current`.
    fn next_origin(&mut self, current: &L1Origin, timestamp_s: u64) -> L1Origin;
    /// The deposits the origin brings into its first rollup block.
    fn deposits(&mut self, origin: &L1Origin) -> Vec<TxDeposit>;
}
