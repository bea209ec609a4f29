//! `forebond dev-signer`.

use super::running::run_service;
use alloy_primitives::B256;
use eyre::{WrapErr, bail, eyre};
use forebond_beacon::signing::{commit_boost::Chain, registration::SIGNING_ID};
use forebond_commit_boost::Secret;
use forebond_dev_signer::{DevSigner, Module, SignerConfig};
use forebond_l1::beacon::{BeaconClient, BeaconConfig, Genesis, Spec};
use std::{io::Write, ops::RangeInclusive, path::PathBuf};

/// Variable with the secret shared with the module.
const SECRET: &str = "CB_SIGNER_JWT";
/// Most keys it holds.
const MOST_KEYS: u64 = 4_096;

/// A Commit-Boost signer with the publicly known keys of a development chain's validators. For development only: everybody has these
/// keys, so it refuses mainnet. CB_SIGNER_JWT is the secret it shares with the module.
#[derive(clap::Args)]
pub(crate) struct DevSignerArgs {
    /// Beacon endpoint of the development chain, which says which chain it is
    #[arg(long, value_name = "URL")]
    l1_beacon: String,
    /// Validators whose keys it holds, by number: 4-7
    #[arg(long, value_name = "FIRST-LAST", value_parser = numbers)]
    validators: RangeInclusive<u64>,
    /// Port on 127.0.0.1
    #[arg(long, value_name = "PORT", default_value_t = 20_000)]
    port: u16,
    /// The module that may ask
    #[arg(long, value_name = "ID", default_value = "FOREBOND")]
    module: String,
    /// Its signing id
    #[arg(long, value_name = "HEX", default_value_t = SIGNING_ID)]
    signing_id: B256,
    /// Write a Commit-Boost TOML for this chain and module, as CB_CONFIG, unless the file is there
    #[arg(long, value_name = "FILE")]
    write_config: Option<PathBuf>,
}

fn numbers(text: &str) -> Result<RangeInclusive<u64>, String> {
    let refuse =
        || format!("expected FIRST-LAST such as 4-7, at most {MOST_KEYS} of them, got {text:?}");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (u64, u64) = (
        first.parse().map_err(|_| refuse())?,
        last.parse().map_err(|_| refuse())?,
    );
    if first > last || last - first >= MOST_KEYS {
        return Err(refuse());
    }
    Ok(first..=last)
}

pub(crate) fn run(args: DevSignerArgs) -> eyre::Result<()> {
    let secret = std::env::var(SECRET)
        .map_err(|_| eyre!("{SECRET} is not set: it is the secret shared with the module"))?;
    if secret.is_empty() {
        bail!("{SECRET} is empty");
    }
    run_service(|shutdown| async move {
        let beacon = BeaconClient::new(&BeaconConfig::new(&args.l1_beacon))?;
        let (genesis, spec) = (beacon.genesis().await?, beacon.spec().await?);
        let chain = Chain::new(genesis.genesis_fork_version.0, spec.deposit_chain_id);
        let module = Module {
            secret: Secret::new(secret.clone()),
            signing_id: args.signing_id,
        };
        let admin = Secret::new(format!("admin of {secret}"));
        let mut config = SignerConfig::new(
            chain,
            args.validators.clone().collect(),
            &args.module,
            module,
            admin,
        );
        config.port = args.port;
        let signer = DevSigner::start(config).await?;
        if let Some(file) = &args.write_config {
            let written = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(file)
                .and_then(|mut out| out.write_all(toml(&args, &genesis, &spec).as_bytes()));
            match written {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                other => {
                    other.wrap_err_with(|| format!("cannot write {}", file.display()))?;
                }
            }
        }
        writeln!(
            std::io::stdout(),
            "READY {} with {} keys for module {}",
            signer.url(),
            signer.validators().len(),
            args.module
        )?;
        shutdown.requested().await;
        signer.stop().await;
        Ok(())
    })
}

/// What Commit-Boost's processes and its modules share.
fn toml(args: &DevSignerArgs, genesis: &Genesis, spec: &Spec) -> String {
    let (module, signing_id, port) = (&args.module, args.signing_id, args.port);
    let (time_s, slot_s) = (genesis.genesis_time, spec.seconds_per_slot);
    let (fork, chain_id) = (genesis.genesis_fork_version, spec.deposit_chain_id);
    let fulu_slot = spec.fulu_fork_epoch.saturating_mul(spec.slots_per_epoch);
    format!(
        r#"chain = {{ genesis_time_secs = {time_s}, slot_time_secs = {slot_s}, genesis_fork_version = "{fork}", fulu_fork_slot = {fulu_slot}, chain_id = {chain_id} }}
relays = []

[pbs]

[signer]
port = {port}

[signer.tls_mode]
type = "insecure"

[[modules]]
id = "{module}"
type = "commit"
docker_image = "none"
signing_id = "{signing_id}"
# Ours from here on: docs/validator-operator.md
# relays = ["http://relay:3000"]
# [modules.policy]
# min_bond_gwei = 0
# [[modules.gateways]]
# id = 1
# delegate = "0x…"
"#
    )
}
