//! The transaction pool: what has been accepted and waits for its turn.
//!
//! A plain data structure owned by the sequencing thread: no lock, clock or I/O, and the same calls always give the same
//! turns. [`Pool::admit`] takes transactions in, [`Pool::next`] hands them out in the declared [`TurnOrder`], and the
//! caller says at once what became of each. Every operation takes time logarithmic in the pool's size, apart from those
//! whose doc says otherwise.
//!
//! - A sender's transactions have their turns in ascending nonce without a gap. What cannot have its turn yet is
//!   [`Standing::Held`], the rest [`Standing::Ready`].
//! - An executed transaction is promised: nothing with its nonce is admitted again. One that is being executed cannot be
//!   replaced or evicted.
//! - All bounds of [`PoolLimits`] hold at all times. A full pool makes room by fee, from the ends of the queues only, and
//!   never moves out something executable for something that is not.
//! - Nothing disappears silently: a transaction leaves by the caller's own answer ([`Pool::executed`], [`Pool::dropped`])
//!   or as a [`Departed`].

mod admit;
mod entry;
mod eviction;
mod index;
mod limits;
mod outcome;
#[allow(
    clippy::module_inception,
    reason = "the folder is named after the structure it holds"
)]
mod pool;
mod pooled;
mod queue;
mod tip_index;
mod turn;
mod view;

#[cfg(test)]
mod tests;

pub use entry::{PoolEntry, SenderState};
pub use limits::PoolLimits;
pub use outcome::{Departed, Departure, Refusal, Standing};
pub use pool::Pool;
pub use pooled::Pooled;
pub use turn::{TurnOrder, Wait};
pub use view::PoolStatus;
