//! One module per command.

pub(crate) mod batcher;
mod bench;
pub(crate) mod claim;
pub(crate) mod config;
pub(crate) mod dev_signer;
mod devnet;
pub(crate) mod gateway;
pub(crate) mod node;
pub(crate) mod proposer;
pub(crate) mod rewards;
mod rollup_args;
mod running;
pub(crate) mod verify;
pub(crate) mod watcher;

use crate::cli::{Cli, Command};
use std::process::ExitCode;

/// Does what was asked; the error is printed by `main`, once.
pub(crate) fn run(cli: Cli) -> eyre::Result<ExitCode> {
    let done = match cli.command {
        Command::Devnet(args) => return devnet::run(*args),
        Command::Doctor(args) => return proposer::doctor(*args),
        Command::Gateway(args) => gateway::run(*args),
        Command::Node(args) => node::run(*args),
        Command::Batcher(args) => batcher::run(*args),
        Command::Rewards(args) => rewards::run(*args),
        Command::Claim(args) => return claim::run(&args),
        Command::Watcher(args) => watcher::run(*args),
        Command::Proposer(args) => proposer::run(*args),
        Command::DevSigner(args) => dev_signer::run(*args),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(*args),
        Command::Config(args) => config::run(*args),
    };
    done.map(|()| ExitCode::SUCCESS)
}
