//! Open-loop load against an Ethereum RPC: send times are fixed beforehand, latency counts from
//! them to the answer the client has verified, and afterwards every promise is looked up in the
//! sealed chain.
//!
//! The way of a run: [`run()`] asks the server what it is, funds senders, signs and frames the
//! whole load, hands it to one thread that sends at the scheduled times and to others that read and
//! verify, waits for the last answer, and compares promises with blocks.

mod actions;
mod args;
mod chain_setup;
mod comparison;
mod config;
mod contracts;
mod disperse;
mod end_check;
mod error_tally;
mod floor;
mod frame;
mod inclusion;
mod keys;
mod lag;
mod latency;
mod load;
mod machine;
mod observe;
mod outgoing;
mod pacer;
mod presign;
mod process_usage;
mod progress;
mod reader;
mod reply;
mod report;
mod request;
mod rpc;
mod run;
mod schedule;
mod socket;
mod tally;
mod target;
mod transaction;
mod workload;

pub use args::BenchArgs;
pub use comparison::markdown;
pub use config::{BenchConfig, DEV_MNEMONIC, Funding, Mode, Recipients, Workload};
pub use end_check::EndCheck;
pub use error_tally::ErrorCount;
pub use floor::{Floor, floor};
pub use lag::Lag;
pub use latency::Percentiles;
pub use machine::Machine;
pub use progress::{Progress, Silent, ToStderr};
pub use report::{Report, ServerUsage};
pub use run::run;
