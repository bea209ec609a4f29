//! The gateway: takes transactions, answers with signed, durable execution receipts, seals blocks.
//!
//! A transaction walks through the modules in this order: [`rpc`] → [`sequencer`] (pool, open
//! block) → [`scribe`] (log, sync, sign, publish) → [`board`] (what readers see) → [`sealing`]
//! and [`archive`] behind. [`recovery`] brings all of it back from disk.

mod archive;
mod config;
mod door;
mod l1;
pub mod log;
mod metrics;
pub mod pool;
mod recovery;
mod rpc;
mod scribe;
mod sealing;
mod sequencer;
mod service;
mod signer;
mod turns;

pub use config::{
    AdminSection, ChainSection, ConfigError, CoverageSection, FeesSection, GatewayConfig,
    GuardSection, HttpSection, KeysSection, LogSection, MetricsSection, PoolSection, RollupOptions,
    RunOptions, SequencerSection, StoreSection,
};
pub use service::run;
