//! `forebond proposer` and `forebond doctor`.

use super::running::{run_service, run_until_told};
use eyre::{WrapErr, bail, eyre};
use forebond_commit_boost::{config::ModuleConfig, protection::ProtectionDb};
use forebond_l1::{
    execution::{ExecutionClient, ExecutionConfig},
    sender::{Lane, LaneConfig, SendError},
};
use forebond_proposer::{
    act::{Operator, OperatorError},
    config::{OwnConfig, Places, ProposerConfig},
    doctor::{Verdict, examine},
};
use forebond_settlement::RollupFile;
use std::{io::Write, net::SocketAddr, path::PathBuf, process::ExitCode};

/// Tries of a deregistration beside a running proposer, which uses the same account.
const MOST_TRIES: u32 = 5;
/// For one deregistration, milliseconds.
const DEADLINE_MS: u64 = 120_000;

/// Lends validators' slots to gateways: registers, lends, proves the lookahead when nobody does, signs slots for relays, guards bids.
/// A Commit-Boost commit module: CB_CONFIG, CB_MODULE_ID, CB_SIGNER_URL and CB_SIGNER_JWT say who it is; FOREBOND_OPERATOR_KEY is the
/// L1 account that validators are registered with, and that pays.
#[derive(clap::Args)]
pub(crate) struct ProposerArgs {
    #[command(subcommand)]
    command: Option<ProposerCommand>,
    #[command(flatten)]
    places: PlacesArgs,
    /// Register these validators again, which have left, by number
    #[arg(long, value_name = "INDEX")]
    bring_back: Vec<u64>,
}

#[derive(clap::Subcommand)]
enum ProposerCommand {
    /// Take validators back from this operator; takes effect two epochs later
    Deregister {
        /// Their numbers
        #[arg(required = true, value_name = "INDEX")]
        validators: Vec<u64>,
    },
    /// The database of what was signed
    Protection {
        #[command(subcommand)]
        command: ProtectionCommand,
    },
}

#[derive(clap::Subcommand)]
enum ProtectionCommand {
    /// Write everything that was asked of the keys to a file, for another machine
    Export {
        /// The file; it must not be there yet
        file: PathBuf,
    },
    /// Add another machine's restrictions; takes none away
    Import {
        /// The file
        file: PathBuf,
    },
}

/// Where things are; each flag may stand before or behind a subcommand.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct PlacesArgs {
    /// Rollup file: contracts on L1, chain constants, genesis
    #[arg(long, value_name = "FILE", global = true, env = "FOREBOND_ROLLUP")]
    rollup: Option<PathBuf>,
    /// L1 execution endpoint; may be repeated
    #[arg(long, value_name = "URL", global = true, env = "FOREBOND_L1_RPC")]
    l1_rpc: Vec<String>,
    /// L1 beacon endpoint; the first one serves duties and proofs
    #[arg(long, value_name = "URL", global = true, env = "FOREBOND_L1_BEACON")]
    l1_beacon: Vec<String>,
    /// Protection database and signed slots; one process at a time
    #[arg(
        long,
        value_name = "DIR",
        global = true,
        default_value = ".forebond/proposer"
    )]
    data_dir: PathBuf,
    /// Serve signed slots: GET /constraints/v0/relay/delegations/SLOT
    #[arg(long, value_name = "IP:PORT", global = true)]
    http: Option<SocketAddr>,
    /// Serve the Builder API with the blob guard; guard.upstream in the TOML says what is behind it
    #[arg(long, value_name = "IP:PORT", global = true)]
    builder_api: Option<SocketAddr>,
    /// /metrics, /healthz and /readyz [default: 127.0.0.1:$CB_METRICS_PORT]
    #[arg(long, value_name = "IP:PORT", global = true)]
    metrics: Option<SocketAddr>,
    /// Time between looks at L1, milliseconds
    #[arg(long, value_name = "MS", global = true, default_value_t = 200)]
    l1_poll_ms: u64,
}

impl PlacesArgs {
    fn places(self, bring_back: Vec<u64>) -> eyre::Result<Places> {
        let missing = |flag: &str| eyre!("--{flag} is missing");
        let no_node = self.l1_rpc.is_empty() || self.l1_beacon.is_empty();
        if no_node {
            bail!("--l1-rpc and --l1-beacon are needed");
        }
        Ok(Places {
            rollup: self.rollup.ok_or_else(|| missing("rollup"))?,
            l1_rpc: self.l1_rpc,
            l1_beacon: self.l1_beacon,
            data_dir: self.data_dir,
            http: self.http,
            builder_api: self.builder_api,
            metrics: self.metrics,
            bring_back,
            poll_ms: self.l1_poll_ms,
        })
    }
}

pub(crate) fn run(args: ProposerArgs) -> eyre::Result<()> {
    match args.command {
        None => {
            let config = ProposerConfig::load(args.places.places(args.bring_back)?)?;
            run_service(|shutdown| forebond_proposer::role::run(config, shutdown))
        }
        Some(ProposerCommand::Deregister { validators }) => {
            let config = ProposerConfig::load(args.places.places(Vec::new())?)?;
            run_until_told(|_| deregister(config, validators))
        }
        Some(ProposerCommand::Protection { command }) => protection(&args.places.data_dir, command),
    }
}

async fn deregister(config: ProposerConfig, validators: Vec<u64>) -> eyre::Result<()> {
    let file = RollupFile::load(&config.places.rollup)?;
    let endpoint = config.places.l1_rpc.first().map_or("", String::as_str);
    let client = ExecutionClient::new(&ExecutionConfig::new(endpoint))?;
    let lane = Lane::new(client.clone(), config.operator, LaneConfig::default()).await?;
    let mut operator = Operator::new(lane, client, file.contracts, DEADLINE_MS);
    for validator in validators {
        let mut tries = 0;
        let sent = loop {
            match operator.deregister(validator).await {
                // The running proposer was faster with its own transaction.
                Err(OperatorError::Send(SendError::NonceTaken { .. })) if tries < MOST_TRIES => {
                    tries += 1;
                }
                other => break other?,
            }
        };
        writeln!(
            std::io::stdout(),
            "validator {validator} leaves in two epochs: {}",
            sent.hash
        )?;
    }
    Ok(())
}

fn protection(dir: &std::path::Path, command: ProtectionCommand) -> eyre::Result<()> {
    let module: ModuleConfig<OwnConfig> = ModuleConfig::load()?;
    match command {
        ProtectionCommand::Export { file } => {
            if !dir.exists() {
                bail!("{} is not there: nothing was signed from it", dir.display());
            }
            let database = ProtectionDb::open(dir, module.chain.chain)?;
            let text = serde_json::to_string_pretty(&database.export()?)?;
            let mut out = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&file)
                .wrap_err_with(|| format!("cannot create {}", file.display()))?;
            out.write_all(text.as_bytes())?;
            out.sync_all()?;
            writeln!(std::io::stdout(), "written to {}", file.display())?;
        }
        ProtectionCommand::Import { file } => {
            let text = std::fs::read_to_string(&file)
                .wrap_err_with(|| format!("cannot read {}", file.display()))?;
            let database = ProtectionDb::open(dir, module.chain.chain)?;
            let report = database.import_text(&text)?;
            writeln!(std::io::stdout(), "imported: {report:?}")?;
        }
    }
    Ok(())
}

/// Says what is wrong with a proposer's surroundings, and how to mend it. Configured as `forebond proposer` is. Exit code 1 when
/// something does not work.
#[derive(clap::Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    places: PlacesArgs,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(crate) fn doctor(args: DoctorArgs) -> eyre::Result<ExitCode> {
    let config = ProposerConfig::load(args.places.places(Vec::new())?)?;
    let mut verdict = Verdict::Ok;
    run_until_told(|_| async {
        let report = examine(&config).await;
        verdict = report.verdict();
        let mut out = std::io::stdout();
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&report)?)?;
        } else {
            write!(out, "{report}")?;
        }
        Ok(())
    })?;
    Ok(if verdict == Verdict::Fail {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
