//! State and execution of a rollup: the Merkle trie and the tables behind it, the EVM that runs
//! one block after another, and immutable views for readers.

mod evm;
mod store;
mod trie;
mod view;

pub use evm::{
    BaseState, BlockRun, CallEnv, CallOutcome, CallRequest, Changes, DecodeError, ExecuteError,
    Executed, PausedBlock, PreparedTx, Refused, StateError, WorkingState, call, changes_of,
    evm_env,
};
pub use store::{
    Account, BlockRecord, Change, DEFAULT_CACHE_BYTES, DEFAULT_HISTORY_BLOCKS, Durability,
    FILE_NAME, GenesisAccount, Head, SCHEMA_VERSION, StateDiff, Store, StoreError, StoreOptions,
    StoreSnapshot, TxLocation,
};
pub use trie::{
    AccountLeaf, AccountProof, AccountRow, LeafValue, SlotProof, SlotRow, SortedLists, SortedState,
    StateTrie, Trie,
};
pub use view::{Layer, StateView};
