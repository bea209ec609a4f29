//! The rules of the protocol, each in one place, as plain synchronous code: no I/O, no clock, no
//! async runtime. The gateway asks them before it signs; whoever judges asks the same code after.
//!
//! Rule numbers (R2, R17, …) are those of `specs/rules.md`, which names the attack each answers.

mod blocks_tree;
mod clock;
mod coverage;
mod fees;
mod fork;
mod guard;
mod handover;
mod ordering;
mod promises_tree;
mod turn;
mod verify;
mod windows;

pub use blocks_tree::{block_leaf, blocks_tree};
pub use clock::{BlockClock, ClockError};
pub use coverage::CoverageBook;
pub use fees::{FeeSchedule, FeeScheduleError};
pub use fork::{Fork, Signed, fork};
pub use guard::{Guard, GuardError, GuardRecord, Position};
pub use handover::{TurnDecision, TurnOutlook, WaitReason};
pub use ordering::{OrderViolation, OrderingRule, check_order};
pub use promises_tree::{PromisesTree, branch_root};
pub use turn::{Turn, TurnError};
pub use verify::{Verified, Verifier, VerifyError, verify_json};
pub use windows::{BlockRange, Schedule, SlotClock, TurnClock, Window};
