//! Keeps the Lookahead fed: each epoch somebody has to prove the proposers of the next one, or nobody knows whose slots it has, and
//! caching an epoch's windows makes every posting in it cheaper. Gateways take turns, so that two of them do not both pay.

mod chores;
mod preparation;
mod proof;
mod worker;

pub use chores::{Busy, Chore, Known, Shift, due};
pub use worker::{Done, Keeper, KeeperError};
