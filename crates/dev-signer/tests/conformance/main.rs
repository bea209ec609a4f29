//! What a Commit-Boost signer does, from v0.10 on. Runs against the development signer; with these variables set, against any:
//!
//! | variable | meaning |
//! |---|---|
//! | `FOREBOND_SIGNER_URL` | the signer; the others count only with it |
//! | `FOREBOND_SIGNER_MODULE`, `FOREBOND_SIGNER_JWT`, `FOREBOND_SIGNER_SIGNING_ID` | a module of it |
//! | `FOREBOND_SIGNER_OTHER_MODULE`, `FOREBOND_SIGNER_OTHER_JWT`, `FOREBOND_SIGNER_OTHER_SIGNING_ID` | another one |
//! | `FOREBOND_SIGNER_CHAIN_ID`, `FOREBOND_SIGNER_FORK_VERSION` | its chain |
//! | `FOREBOND_SIGNER_ADMIN_JWT` | the operator's secret; without it the operator's routes are left alone |
//! | `FOREBOND_SIGNER_FAIL_LIMIT` | failures before its lock-out; without it that is left alone |
//!
//! `cargo run -p forebond-dev-signer --example dev_signer` is a signer to try it on, and prints the variables.
//!
//! Refused tokens count against the address: give the signer `CB_SIGNER_JWT_AUTH_FAIL_LIMIT=1000`, or run with
//! `--test-threads 1` and know that the last tests will be locked out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod support;

mod admin;
mod dialects;
mod golden;
mod proxies;
mod signatures;
mod statuses;
mod target;
mod tokens;
