//! The Ethereum JSON-RPC of a chain with preconfirmations, and the server that carries it.
//!
//! A role implements [`Chain`] and [`Snapshot`]; [`eth_module`] turns that into the `eth_`, `net_` and `web3_` methods
//! wallets use; [`serve`] answers them, and whatever methods the role adds, over HTTP and WebSocket on one port under
//! the limits of [`RpcConfig`].
//!
//! How preconfirmed state is told apart from sealed state: blocks are numbered as usual, `latest` is the newest block
//! with a hash. Above it are unsealed blocks, whose transactions are executed and promised but whose hash is not known
//! yet; `pending` is the newest of them. Wherever a hash is not known the answer carries `null`, never a made-up value.

mod args;
mod block_ref;
mod chain;
mod config;
mod heavy;
mod methods;
mod refusals;
mod server;
mod shape;

pub use chain::{
    AccountView, BlockView, CallEnd, CallError, CallOutcome, CallRequest, Chain, EnvView, Family,
    Heads, Located, OwnFeed, PlacedTransaction, PoolTransaction, PromisedBatch, ReadError,
    Replaced, Snapshot, StateAt, SubmitError, SyncProgress, TransactionView, WaitOutcome,
};
pub use config::{ConfigError, RpcConfig};
pub use heavy::HeavyWork;
pub use methods::eth_module;
pub use refusals::{
    LIMIT_EXCEEDED_CODE, REVERTED_CODE, SERVER_CODE, TIMEOUT_CODE, invalid_params, limit_exceeded,
    server_error,
};
pub use server::{ServeError, ServerHandle, serve};
pub use shape::{BlobFees, Ethereum, OpStack, log_json};

/// The JSON-RPC framework, for roles that add methods of their own to the module given to [`serve`].
pub use jsonrpsee;
