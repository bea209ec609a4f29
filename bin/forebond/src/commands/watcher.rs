//! `forebond watcher`.

use super::{
    rollup_args::{NetArgs, RollupArgs},
    running::run_service,
};
use alloy_signer_local::PrivateKeySigner;
use eyre::eyre;
use forebond_watcher::WatcherConfig;
use std::{net::SocketAddr, path::PathBuf};

/// Variable with the key that pays on L1.
const PAYER: &str = "FOREBOND_WATCHER_KEY";
/// Variable with the keys of attesters, separated by commas.
const ATTESTERS: &str = "FOREBOND_ATTESTER_KEY";

/// Follows a rollup, and brings its gateways' faults to L1 by itself: from what they signed to the bounty. `READY <url>` on standard
/// output says that it answers. Keys: FOREBOND_WATCHER_KEY, an L1 account of its own, which pays, locks dispute bonds and gets bounties;
/// FOREBOND_ATTESTER_KEY, optional, one key or several separated by commas, which vote on disputed batches.
#[derive(clap::Args)]
pub(crate) struct WatcherArgs {
    #[command(flatten)]
    rollup: RollupArgs,
    #[command(flatten)]
    net: NetArgs,
    /// State, blocks, what was heard, cases
    #[arg(long, value_name = "DIR", default_value = ".forebond/watcher")]
    data_dir: PathBuf,
    /// HTTP and WebSocket, on one port
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:9745")]
    http: SocketAddr,
    /// /metrics, /healthz and /readyz
    #[arg(long, value_name = "IP:PORT")]
    metrics: Option<SocketAddr>,
}

pub(crate) fn run(args: WatcherArgs) -> eyre::Result<()> {
    let net = args.net.options()?;
    let payer = std::env::var(PAYER).map_err(|_| {
        eyre!("{PAYER} is not set: an L1 account of the watcher's own pays for bringing faults")
    })?;
    let payer = key(PAYER, &payer)?;
    let attesters = match std::env::var(ATTESTERS) {
        Ok(keys) => keys
            .split(',')
            .filter(|one| !one.trim().is_empty())
            .map(|one| key(ATTESTERS, one))
            .collect::<eyre::Result<_>>()?,
        Err(_) => Vec::new(),
    };
    let RollupArgs { rollup, l1 } = args.rollup;
    let mut config = WatcherConfig::new(
        (rollup, args.data_dir),
        (l1.l1_rpc, l1.l1_beacon),
        args.http,
        payer,
    );
    config.peers = l1.peer;
    config.poll_ms = l1.l1_poll_ms;
    config.net = net;
    config.attesters = attesters;
    config.metrics = args.metrics;
    run_service(|shutdown| forebond_watcher::run(config, shutdown))
}

/// The error never repeats the text: it may be a secret with a typing error.
fn key(variable: &str, text: &str) -> eyre::Result<PrivateKeySigner> {
    text.trim()
        .parse()
        .map_err(|_| eyre!("{variable} is not a private key of 32 bytes in hex"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_none_is_refused_and_not_repeated() {
        let error = key(PAYER, "0xac0974bec39a17e36ba4").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.contains(PAYER) && !text.contains("ac0974"), "{text}");
    }
}
