//! How a commit module learns what it is: a few environment variables, and its table in the TOML that all of
//! Commit-Boost's processes share.
//!
//! | variable | meaning |
//! |---|---|
//! | `CB_MODULE_ID` | `id` of our `[[modules]]` table |
//! | `CB_SIGNER_URL` | the signer. A path in it is kept in front of every route, for a proxy that takes it off again: tokens name the route without it |
//! | `CB_SIGNER_JWT` | the secret shared with the signer, or `CB_SIGNER_JWT_FILE`, a file of mode 0600 with it (ours) |
//! | `CB_CONFIG` | path of the TOML |
//! | `CB_CHAIN_SPEC` | where the chain's spec file is in this container; replaces `chain.path` |
//! | `CB_SIGNER_TLS_CERTIFICATES` | directory whose `cert.pem` is trusted for the signer |
//! | `CB_METRICS_PORT` | as its name says |
//! | `CB_LOGS_DIR` | not used: logs go to standard error, and a warning says so |
//!
//! What would make a set-up fail later, in silence or far away, is an error or a [`Warning`] here, with its remedy.

mod chain;
mod env;
mod error;
mod file;
mod load;
mod spec;

pub use chain::ChainSettings;
pub use env::{Environment, Variables};
pub use error::{ConfigError, Warning};
pub use load::ModuleConfig;
