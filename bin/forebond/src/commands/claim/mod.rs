//! `forebond claim`: from a promise that was not kept to the user's balance.

mod report;

use super::verify::{hint, read};
use alloy_signer_local::PrivateKeySigner;
use eyre::{WrapErr, bail, eyre};
use forebond_l1::{
    execution::{ExecutionClient, ExecutionConfig},
    sender::LaneConfig,
};
use forebond_refund::{Counterpart, Desk, Held, Paying, standing};
use forebond_settlement::RollupFile;
use forebond_types::Preconfirmation;
use report::Report;
use std::{io::Write, path::PathBuf, process::ExitCode};

/// Variable with the key that pays for the claim's gas.
const KEY: &str = "FOREBOND_CLAIM_KEY";

/// Says where the refund for a promise stands, and claims it when it is due. Whoever sends the claim, only the promise's sender is
/// paid. Exit code 0: paid, now or before; 2: nothing to claim; 3: not yet; 1: an error.
#[derive(clap::Args)]
pub(crate) struct ClaimArgs {
    /// JSON file with the object that eth_getPreconfirmation returned; - reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Rollup file: contracts on L1
    #[arg(long, value_name = "FILE")]
    rollup: PathBuf,
    /// L1 execution endpoint
    #[arg(long, value_name = "URL")]
    l1_rpc: String,
    /// Watcher to hand the promise to when it was broken and nobody has brought it
    #[arg(long, value_name = "URL")]
    watcher: Option<String>,
    /// Node of the rollup to ask what the promised block holds [default: the watcher]
    #[arg(long, value_name = "URL")]
    node: Option<String>,
    /// Print the call for a wallet, {"to", "data"}, and send nothing
    #[arg(long)]
    calldata: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Time the claim may take to be in a block, seconds
    #[arg(long, value_name = "S", default_value_t = 180)]
    deadline_s: u64,
}

pub(crate) fn run(args: &ClaimArgs) -> eyre::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the async runtime")?;
    let report = runtime.block_on(claim(args))?;
    let (text, code) = if args.calldata {
        match report.wallet_call()? {
            // The call pays now, which is what was asked for.
            Some(call) if report.is_due() => (call, 0),
            Some(call) => (call, report.standing.exit_code()),
            None => {
                eprintln!("forebond: no call yet: {}", report.standing);
                (String::new(), report.standing.exit_code())
            }
        }
    } else if args.json {
        (report.json()?, report.standing.exit_code())
    } else {
        (report.words(), report.standing.exit_code())
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .wrap_err("cannot write to standard output")?;
    Ok(ExitCode::from(code))
}

async fn claim(args: &ClaimArgs) -> eyre::Result<Report> {
    let object = object(&read(&args.file)?)?;
    let held = Held::of(&object)?;
    let rollup = RollupFile::load(&args.rollup)?;
    let client = ExecutionClient::new(&ExecutionConfig::new(&args.l1_rpc))?;
    let desk = Desk::open(client, &rollup).await?;
    let facts = desk.look(&held).await?;
    let mut report = Report {
        standing: standing(&held, &facts, None),
        call: desk.wallet_call(&facts),
        facts,
        held,
        handed_in: None,
        notes: Vec::new(),
    };
    if report.standing.is_for_a_watcher() {
        ask_around(args, &object, &mut report).await?;
    }
    if report.is_due() && !args.calldata {
        match key()? {
            Some(signer) => {
                let paying = Paying {
                    signer,
                    deadline_ms: args.deadline_s.saturating_mul(1_000),
                    lane: LaneConfig::default(),
                };
                report.standing = desk.claim_now(&report.held, paying).await?;
            }
            None => report.notes.push(format!(
                "{KEY} is not set: nothing was sent. Give the key of any account that pays the gas, or send the call below from a wallet"
            )),
        }
    }
    Ok(report)
}

/// What a node holds at the promise's place; a promise that is not known to be kept goes to the watcher.
async fn ask_around(
    args: &ClaimArgs,
    object: &Preconfirmation,
    report: &mut Report,
) -> eyre::Result<()> {
    if let Some(url) = args.node.as_ref().or(args.watcher.as_ref()) {
        match Counterpart::new(url)?.compare(&report.held).await {
            Ok(finding) => {
                report.standing = standing(&report.held, &report.facts, Some(finding));
            }
            // A watcher need not serve blocks.
            Err(error) => report.notes.push(error.to_string()),
        }
    }
    if let (Some(url), true) = (&args.watcher, report.standing.is_for_a_watcher()) {
        report.handed_in = Some(Counterpart::new(url)?.hand_in(object).await?);
    }
    Ok(())
}

fn object(bytes: &[u8]) -> eyre::Result<Preconfirmation> {
    serde_json::from_slice(bytes).map_err(|error| {
        let hint = str::from_utf8(bytes).ok().and_then(hint);
        match hint {
            Some(hint) => eyre!("not a preconfirmation object: {error}; {hint}"),
            None => eyre!(
                "not a preconfirmation object: {error}; save the answer of eth_getPreconfirmation"
            ),
        }
    })
}

fn key() -> eyre::Result<Option<PrivateKeySigner>> {
    let Ok(text) = std::env::var(KEY) else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(signer) => Ok(Some(signer)),
        Err(_) => bail!("{KEY} is not a private key of 32 bytes in hex"),
    }
}
