//! `forebond`: one binary for every role of a preconfirmed rollup.

mod cli;
mod commands;
mod die_with_parent;
mod duration;
mod gateway_flags;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    if cli.die_with_parent {
        die_with_parent::watch();
    }
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("forebond: {error:#}");
            ExitCode::FAILURE
        }
    }
}
