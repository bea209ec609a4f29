//! The way of an accusation on L1: ripe, simulated, committed, revealed, paid; or lost, refused, too late.

mod dispute;
mod progress;
mod shifting;
mod verdicts;

pub use dispute::{Dispute, DisputeSight, Objection, dispute};
pub use progress::{Case, Charged, Pace, Recorded, Sight, Stage, Step};
pub use shifting::{ShiftAnswer, ShiftSight, ShiftStep, shift_answer, shift_step, shift_wait};
pub use verdicts::{Hearing, hearing, is_worth_bringing};
