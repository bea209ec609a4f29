//! The gateway's configuration: one TOML, every key with its unit in its name, flags on top.
//!
//! [`GatewayConfig::load`] reads a file strictly (an unknown key is an error), a command line may
//! change fields, [`GatewayConfig::validate`] checks what types cannot, all of it at once. A
//! default is valid, and `config.example.toml` at the root of the repository is that default with
//! every key explained; a test holds the two together.
//!
//! - `chain`, `sequencer`, `pool`, `economics`: what blocks are made of, and at what price
//! - `storage`, `serving`: files and sockets
//! - `keys`: sources of secrets, never secrets, and the guard's directory
//! - `load`: reading, and errors that never repeat a line of the file
//! - `problems`: what is wrong with the values

mod chain;
mod economics;
mod keys;
mod load;
mod pool;
mod problems;
mod rpc_table;
mod run_options;
mod sequencer;
mod serving;
mod storage;
mod text;

#[cfg(test)]
mod tests;

pub use chain::ChainSection;
pub use economics::{CoverageSection, FeesSection};
pub use keys::{GuardSection, KeysSection};
pub use load::ConfigError;
pub use pool::PoolSection;
pub use run_options::{RollupOptions, RunOptions};
pub use sequencer::SequencerSection;
pub use serving::{AdminSection, HttpSection, MetricsSection};
pub use storage::{LogSection, StoreSection};

use forebond_rpc::RpcConfig;
use forebond_runtime::LoggingConfig;
use serde::{Deserialize, Serialize};

/// Everything an operator can decide about a gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayConfig {
    /// The rollup.
    pub chain: ChainSection,
    /// How blocks are filled and frags are cut.
    pub sequencer: SequencerSection,
    /// Bounds of the transaction pool.
    pub pool: PoolSection,
    /// The preconfirmation fee.
    pub fees: FeesSection,
    /// What a broken promise costs the gateway.
    pub coverage: CoverageSection,
    /// The promise log.
    pub log: LogSection,
    /// State and blocks on disk.
    pub store: StoreSection,
    /// Where wallets connect.
    pub http: HttpSection,
    /// Limits and choices of the RPC.
    #[serde(serialize_with = "rpc_table::serialize")]
    pub rpc: RpcConfig,
    /// Where administrative methods are served.
    pub admin: AdminSection,
    /// Where metrics and health are served.
    pub metrics: MetricsSection,
    /// Sources of the committer key.
    pub keys: KeysSection,
    /// The signing guard's own record.
    pub guard: GuardSection,
    /// What is logged.
    pub logging: LoggingConfig,
}
