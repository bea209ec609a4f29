//! The store: the rollup's state, blocks and recent history in one file, `state.redb`.
//!
//! State lies flat, one row per account and per slot, keyed by hash so that the [trie](crate::trie) can be computed from
//! it in order. A block is committed whole or not at all. What a block wrote is either *durable* or *deferred*: deferred
//! blocks are readable at once but not yet on disk, and are gone after a crash; the promise log is what replays them.
//! [`Head::log_position`] says from where.
//!
//! - `types`: account, net change of a block, block record
//! - `error`: what can go wrong and what to do then
//! - `codec`: how values are written
//! - `tables`: the tables of the file
//! - `file`: creating, opening, locking
//! - `genesis`: the state a store begins with
//! - `commit`: adding a block
//! - `snapshot`: an unchanging view for readers
//! - `rewind`: taking blocks back
//! - `history`: what accounts and slots were some blocks ago

mod codec;
mod commit;
mod error;
mod file;
mod genesis;
mod history;
mod rewind;
mod snapshot;
mod tables;
mod types;

pub use commit::Durability;
pub use error::StoreError;
pub use file::{
    DEFAULT_CACHE_BYTES, DEFAULT_HISTORY_BLOCKS, FILE_NAME, SCHEMA_VERSION, Store, StoreOptions,
};
pub use genesis::GenesisAccount;
pub use snapshot::StoreSnapshot;
pub use types::{Account, BlockRecord, Change, Head, StateDiff, TxLocation};
