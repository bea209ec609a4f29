//! A Commit-Boost signer for development networks and tests, in this process, with keys that everybody knows.
//!
//! It serves all routes of the signer's interface with the codes and texts of the real one, in any of its dialects, and
//! misbehaves on request. It refuses mainnet: its keys are public.
//!
//! - [`SignerConfig`]: chain, keys, modules, limits
//! - [`DevSigner`]: the server on 127.0.0.1
//! - [`Fault`]: what it does wrong, and when

mod auth;
mod config;
mod delegations;
mod faults;
mod keys;
mod lockout;
mod refusal;
mod routes;
mod server;
mod sign;
mod state;

pub use config::{ConfigError, Flavour, Module, SignerConfig};
pub use faults::{Fault, FaultPlan};
pub use keys::{Proxy, ProxyStoreError};
pub use server::{DevSigner, StartError};
