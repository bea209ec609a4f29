//! `forebond`: one binary for every role of a preconfirmed rollup.

mod cli;
mod commands;
mod duration;
mod gateway_flags;

use clap::Parser;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("forebond: {error:#}");
            ExitCode::FAILURE
        }
    }
}
