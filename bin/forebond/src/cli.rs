//! What can be asked on the command line.

use crate::commands::{config::ConfigArgs, gateway::GatewayArgs, verify::VerifyArgs};
use clap::{Parser, Subcommand};
use forebond_bench::BenchArgs;

/// Preconfirmations for OP Stack rollups: signed, durable execution receipts in milliseconds.
#[derive(Parser)]
#[command(name = "forebond", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Take transactions, answer with signed promises, seal blocks
    Gateway(Box<GatewayArgs>),
    /// Check a preconfirmation offline and say what it promises
    Verify(VerifyArgs),
    /// Load an Ethereum RPC and verify every answer
    Bench(Box<BenchArgs>),
    /// Look at a configuration
    Config(Box<ConfigArgs>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_names_scripts_rely_on_are_understood() {
        for line in [
            "forebond gateway --dev --http 127.0.0.1:9545 --data-dir d --config f --block-time 1s --metrics 127.0.0.1:9100",
            "forebond gateway --frag-interval 200ms --admin 127.0.0.1:9546 --ordering priority-fee --latest-preconfirmed",
            "forebond verify p.json --gateway 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "forebond bench --url http://127.0.0.1:9545 --rate 1000 --seconds 10 --json",
            "forebond config check --config f",
            "forebond config check",
        ] {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
