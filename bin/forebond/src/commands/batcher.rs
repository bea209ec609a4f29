//! `forebond batcher`.

use super::{rollup_args::RollupArgs, running::run_service};
use alloy_signer_local::PrivateKeySigner;
use eyre::{WrapErr, eyre};
use forebond_batcher::{BatcherConfig, sign::Signatory};
use forebond_gateway::KeysSection;
use std::{net::SocketAddr, path::PathBuf};

/// Variable with the key that pays on L1.
const PAYER: &str = "FOREBOND_BATCHER_KEY";

/// Posts a gateway's sealed blocks to L1 in its windows, and keeps the lookahead proven. Keys: the committer as for the gateway
/// (FOREBOND_COMMITTER_KEY unless --key says otherwise), and FOREBOND_BATCHER_KEY, an account of its own, which pays: on L1 for batches, on the
/// rollup for checkpoints of its fees and for settlements.
#[derive(clap::Args)]
pub(crate) struct BatcherArgs {
    #[command(flatten)]
    rollup: RollupArgs,
    /// JSON-RPC of the gateway whose blocks are posted
    #[arg(long, value_name = "URL")]
    gateway: String,
    /// Signed batches and the report batcher.json
    #[arg(long, value_name = "DIR", default_value = ".forebond/batcher")]
    data_dir: PathBuf,
    /// Committer key: env:NAME or a keystore file
    #[arg(
        long,
        value_name = "SOURCE",
        default_value = "env:FOREBOND_COMMITTER_KEY"
    )]
    key: String,
    /// The keystore's password: env:NAME or file:PATH
    #[arg(long, value_name = "SOURCE")]
    key_password: Option<String>,
    /// Leave proving the lookahead to others
    #[arg(long)]
    no_lookahead: bool,
    /// Leave the rollup's rewards (checkpoints, attributions, settlements) to others
    #[arg(long)]
    no_rewards: bool,
    /// Tells proposers' guards which blobs a slot's block should hold: GET /forebond/v1/expected-batch/{slot}
    #[arg(long, value_name = "IP:PORT")]
    http: Option<SocketAddr>,
    /// /metrics, /healthz and /readyz
    #[arg(long, value_name = "IP:PORT")]
    metrics: Option<SocketAddr>,
}

pub(crate) fn run(args: BatcherArgs) -> eyre::Result<()> {
    let keys = KeysSection {
        committer: args
            .key
            .parse()
            .map(Some)
            .map_err(|e| eyre!("--key: {e}"))?,
        password: args
            .key_password
            .map(|source| source.parse())
            .transpose()
            .map_err(|e| eyre!("--key-password: {e}"))?,
    };
    let committer = keys
        .load()?
        .ok_or_else(|| eyre!("no committer key: name its source with --key"))?;
    let payer: PrivateKeySigner = std::env::var(PAYER)
        .map_err(|_| {
            eyre!("{PAYER} is not set: an L1 account of the batcher's own pays for posting")
        })?
        .trim()
        .parse()
        .map_err(|_| eyre!("{PAYER} is not a private key of 32 bytes in hex"))?;
    let RollupArgs { rollup, l1 } = args.rollup;
    let mut config = BatcherConfig::new(
        (rollup, args.data_dir),
        (l1.l1_rpc, l1.l1_beacon),
        args.gateway,
        Signatory::from(committer),
        payer,
    );
    config.keeps_lookahead = !args.no_lookahead;
    config.keeps_rewards = !args.no_rewards;
    config.http = args.http;
    config.metrics = args.metrics;
    std::fs::create_dir_all(&config.data_dir)
        .wrap_err_with(|| format!("cannot create {}", config.data_dir.display()))?;
    run_service(|shutdown| forebond_batcher::run(config, shutdown))
}
