//! One module per command.

mod bench;
pub(crate) mod config;
pub(crate) mod gateway;
pub(crate) mod verify;

use crate::cli::{Cli, Command};

/// Does what was asked; the error is printed by `main`, once.
pub(crate) fn run(cli: Cli) -> eyre::Result<()> {
    match cli.command {
        Command::Gateway(args) => gateway::run(*args),
        Command::Verify(args) => verify::run(&args),
        Command::Bench(args) => bench::run(*args),
        Command::Config(args) => config::run(*args),
    }
}
