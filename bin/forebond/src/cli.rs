//! What can be asked on the command line.

use crate::commands::{
    batcher::BatcherArgs,
    claim::ClaimArgs,
    config::ConfigArgs,
    dev_signer::DevSignerArgs,
    gateway::GatewayArgs,
    node::NodeArgs,
    proposer::{DoctorArgs, ProposerArgs},
    rewards::RewardsArgs,
    verify::VerifyArgs,
    watcher::WatcherArgs,
};
use clap::{Parser, Subcommand};
use forebond_bench::BenchArgs;
use forebond_devnet::DevnetArgs;

/// Preconfirmations for OP Stack rollups: signed, durable execution receipts in milliseconds.
#[derive(Parser)]
#[command(name = "forebond", version, about, propagate_version = true)]
pub(crate) struct Cli {
    /// End when standard input does: whoever holds its other end has died
    #[arg(long, global = true, hide = true)]
    pub(crate) die_with_parent: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Take transactions, answer with signed promises, seal blocks
    Gateway(Box<GatewayArgs>),
    /// Follow a rollup: derive it from L1, show what gateways promise
    Node(Box<NodeArgs>),
    /// Post a gateway's blocks to L1, keep the lookahead proven
    Batcher(Box<BatcherArgs>),
    /// Show who earned the rollup's fees, and claim
    Rewards(Box<RewardsArgs>),
    /// Find what gateways did wrong, bring it to L1, fetch the bounties
    Watcher(Box<WatcherArgs>),
    /// Lend validators' slots to gateways, through a Commit-Boost signer
    Proposer(Box<ProposerArgs>),
    /// Say what is wrong with a proposer's surroundings, and how to mend it
    Doctor(Box<DoctorArgs>),
    /// A Commit-Boost signer with publicly known keys, for development chains
    DevSigner(Box<DevSignerArgs>),
    /// Check a preconfirmation offline and say what it promises
    Verify(VerifyArgs),
    /// Say where the refund for a broken promise stands, and claim it
    Claim(Box<ClaimArgs>),
    /// Load an Ethereum RPC and verify every answer
    Bench(Box<BenchArgs>),
    /// Run an L1, gateways, batchers, followers and users on this machine
    Devnet(Box<DevnetArgs>),
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
            "forebond devnet --data-dir d --slot-time 2s --preset minimal --validators 8 --gateways 2 --followers 1 --spam 10 \
             --l1 embedded --seed 1 --kill gateway-1@20 --fault l1-miss@9 --exit-after 40 --json",
            "forebond gateway --rollup r.json --l1-rpc http://a --l1-beacon http://b --peer ws://c --data-dir d --http 127.0.0.1:9545",
            "forebond node --rollup r.json --l1-rpc http://a --l1-beacon http://b --data-dir d --http 127.0.0.1:9645",
            "forebond batcher --rollup r.json --l1-rpc http://a --l1-beacon http://b --gateway http://c --data-dir d",
            "forebond rewards show --rpc http://a --json",
            "forebond rewards claim --rpc http://a --to 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "forebond claim p.json --rollup r.json --l1-rpc http://a --watcher http://b --node http://c --json",
            "forebond claim - --rollup r.json --l1-rpc http://a --calldata",
            "forebond watcher --rollup r.json --l1-rpc http://a --l1-beacon http://b --peer ws://c --data-dir d --http 127.0.0.1:9745 \
             --net off --metrics 127.0.0.1:9100",
            "forebond proposer --rollup r.json --l1-rpc http://a --l1-beacon http://b --data-dir d --http 127.0.0.1:9700 --metrics 127.0.0.1:9701",
            "forebond proposer deregister 4 5 --rollup r.json --l1-rpc http://a --l1-beacon http://b",
            "forebond proposer protection export f.json --data-dir d",
            "forebond proposer protection import f.json --data-dir d",
            "forebond doctor --rollup r.json --l1-rpc http://a --l1-beacon http://b --data-dir d --json",
            "forebond dev-signer --l1-beacon http://b --validators 4-7 --port 20000 --write-config cb.toml",
            "forebond config check --config f",
            "forebond config check",
        ] {
            assert!(
                Cli::try_parse_from(line.split_whitespace()).is_ok(),
                "{line}"
            );
        }
    }
}
