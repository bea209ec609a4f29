//! The execution half: Ethereum's rules as of Osaka, over states that are cheap to fork.
//!
//! Everything here is synchronous and knows neither clock nor sockets. [`BlockTree`] builds a block on any known parent
//! from what the consensus half asks for ([`PayloadAttributes`]) and what the [`Pool`] holds, and says which chain of
//! blocks is canonical. Rules come from `alloy-evm`: its executor makes the system calls of EIP-4788, EIP-2935, EIP-7002
//! and EIP-7251.

mod block;
mod build;
mod call;
mod error;
mod genesis;
mod kzg;
mod pool;
mod spec;
mod state;
mod tree;

pub use block::{BlobSidecar, ExecutedBlock, ExecutedTransaction, PayloadAttributes};
pub use call::{CallBlock, run_call};
pub use error::ExecutionError;
pub use genesis::{DEPLOYMENT_PROXY, DEV_BALANCE_WEI, GenesisBlock, dev_accounts};
pub use kzg::{load_trusted_setup, trusted_setup_loaded};
pub use pool::{Admitted, Pool, PoolLimits, PoolTransaction};
pub use spec::{BLOB_PARAMS, BLOCK_GAS_LIMIT, ChainSpec, MAX_TRANSACTION_GAS};
pub use state::{ForkState, StateWriter};
pub use tree::{BlockTree, HeadChange};
