//! Keeps the Lookahead fed: each epoch somebody has to prove the proposers of the next one, or nobody knows whose slots it has, and
//! caching an epoch's windows makes every posting in it cheaper. Gateways take turns, so that two of them do not both pay; operators
//! of validators step in when no gateway did.
//!
//! - `chores`: whose turn it is to do what; pure
//! - `preparation`, `proof`: a proof in the making, beside everything else
//! - `worker`: reads what the Lookahead knows, and pays

mod chores;
mod preparation;
mod proof;
mod worker;

pub use chores::{Busy, Chore, Known, Shift, due, due_for_bystander};
pub use worker::{Done, Keeper, KeeperError, Place};
