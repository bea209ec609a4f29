//! An L1, validators, gateways, batchers, followers and a spammer on one machine.
//!
//! The way of a run: [`DevnetConfig`] is checked, an L1 is started (`l1`), contracts are deployed and everybody is registered
//! before its clock becomes the time of day (`opening`), what scripts need is written down (`files`), every role starts as a
//! child of this process (`children`), users send transactions and keep their promises (`spam`), faults happen when they were
//! asked for (`faults`), gateways and validators break rules when they were told to (`misdeeds`), each promise is compared with the chain that followers derive from L1 (`judge`), and the end says in
//! numbers and in one exit code how it went (`report`).

mod args;
mod children;
mod config;
mod faults;
mod files;
mod judge;
mod l1;
mod misdeeds;
mod opening;
mod report;
mod rpc;
mod run;
mod spam;
mod table;
mod watch;

pub use args::DevnetArgs;
pub use config::{ConfigError, DevnetConfig, Gossip, L1Kind, Ports};
pub use faults::{Fault, FaultError, Planned};
pub use misdeeds::{Misdeed, MisdeedError, PlannedMisdeed};
pub use report::Report;
pub use run::run;
