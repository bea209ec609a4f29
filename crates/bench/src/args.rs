//! The command line of `forebond bench`.

use crate::{
    comparison,
    config::{BenchConfig, DEV_MNEMONIC, Funding, Mode, Recipients, Workload},
    floor::{Floor, floor},
    lag::lag,
    progress::{Progress, ToStderr},
    report::Report,
    run::run,
};
use alloy_primitives::Address;
use eyre::WrapErr;
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Open-loop load against an Ethereum RPC: send times are fixed beforehand, and latency counts from
/// them to the answer that the client has verified.
#[derive(Clone, clap::Args)]
pub struct BenchArgs {
    /// The server, ws:// or http://; WebSocket is spoken in both cases
    #[arg(long, default_value = "ws://127.0.0.1:9545")]
    url: String,
    /// Name of the run in reports
    #[arg(long, default_value = "")]
    label: String,
    /// Transactions per second
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Seconds measured
    #[arg(long, default_value_t = 20)]
    seconds: u32,
    /// Seconds of the same load before
    #[arg(long, default_value_t = 2)]
    warmup_seconds: u32,
    /// Seconds to wait for answers after the last transaction
    #[arg(long, default_value_t = 30)]
    drain_seconds: u32,
    /// Sending accounts
    #[arg(long, default_value_t = 1_000)]
    senders: u32,
    /// Connections
    #[arg(long, default_value_t = 16)]
    connections: u16,
    /// Threads that read and verify answers
    #[arg(long, default_value_t = 2)]
    readers: u16,
    /// What every transaction does
    #[arg(long, value_enum, default_value_t = Workload::Transfer)]
    workload: Workload,
    /// How transactions are sent
    #[arg(long, value_enum, default_value_t = Mode::Auto)]
    mode: Mode,
    /// Addresses that receive; by default as many as there are senders
    #[arg(long, conflicts_with = "distinct_recipients")]
    recipients: Option<u32>,
    /// Send every transaction to another fresh address
    #[arg(long)]
    distinct_recipients: bool,
    /// The same seed makes the same senders, recipients and transactions
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whose first account pays
    #[arg(long, env = "FOREBOND_BENCH_MNEMONIC", hide_env_values = true, default_value = DEV_MNEMONIC, hide_default_value = true)]
    funding_mnemonic: String,
    /// Private key of who pays, instead; better given in the environment
    #[arg(long, env = "FOREBOND_BENCH_KEY", hide_env_values = true)]
    funding_key: Option<String>,
    /// Count preconfirmations without verifying them
    #[arg(long)]
    no_verify: bool,
    /// The gateway that must have signed; by default the one the server names
    #[arg(long)]
    gateway: Option<Address>,
    /// Process of the server on this machine, to report its CPU and memory
    #[arg(long)]
    server_pid: Option<u32>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Measure signing, recovery and a synced append in this directory (by default the current one)
    /// instead of a server
    #[arg(
        long,
        value_name = "DIRECTORY",
        num_args = 0..=1,
        default_missing_value = ".",
        conflicts_with = "table"
    )]
    floor: Option<PathBuf>,
    /// Measure how much later the stream of this node brings each frag than the server's, instead of sending anything
    #[arg(long, value_name = "URL", conflicts_with_all = ["table", "floor"])]
    lag: Option<String>,
    /// Print a Markdown table of reports and floors that --json wrote, instead of measuring
    #[arg(long, value_name = "FILE", num_args = 1..)]
    table: Vec<PathBuf>,
}

impl BenchArgs {
    /// The run these arguments ask for.
    pub fn config(&self) -> BenchConfig {
        let recipients = self.recipients.map(Recipients::Among);
        let distinct = self.distinct_recipients.then_some(Recipients::Distinct);
        BenchConfig {
            url: self.url.clone(),
            label: self.label.clone(),
            rate_per_s: self.rate,
            seconds: self.seconds,
            warmup_seconds: self.warmup_seconds,
            drain_seconds: self.drain_seconds,
            senders: self.senders,
            connections: self.connections,
            readers: self.readers,
            workload: self.workload,
            mode: self.mode,
            recipients: distinct.or(recipients),
            seed: self.seed,
            funding: match &self.funding_key {
                Some(key) => Funding::PrivateKey(key.clone()),
                None => Funding::Mnemonic(self.funding_mnemonic.clone()),
            },
            verify: !self.no_verify,
            gateway: self.gateway,
            server_pid: self.server_pid,
        }
    }

    /// Does what the arguments say and prints the result on standard output. An error also when
    /// the server broke a promise, after the report is printed.
    pub async fn execute(self) -> eyre::Result<()> {
        if let Some(directory) = &self.floor {
            return print(&floor(directory)?, self.json);
        }
        if !self.table.is_empty() {
            let (reports, floor) = read(&self.table)?;
            let table = comparison::markdown(&reports, floor.as_ref());
            return Ok(std::io::stdout().write_all(table.as_bytes())?);
        }
        let progress = ToStderr::default();
        if let Some(node) = &self.lag {
            let result = lag(self.label, node, &self.url, self.seconds, &progress).await;
            progress.end();
            return print(&result?, self.json);
        }
        let result = run(self.config(), &progress).await;
        progress.end();
        let report = result?;
        print(&report, self.json)?;
        eyre::ensure!(
            report.end_check.completed,
            "the promises could not be compared with the chain; see the notes of the report"
        );
        eyre::ensure!(
            report.all_kept(),
            "the server did not keep what it said: {} false answers, {} missing, {} misplaced, {} failed",
            report.invalid,
            report.end_check.missing,
            report.end_check.misplaced,
            report.end_check.failed
        );
        Ok(())
    }
}

fn print<T: Serialize + std::fmt::Display>(value: &T, json: bool) -> eyre::Result<()> {
    let text = if json {
        serde_json::to_string(value)?
    } else {
        value.to_string()
    };
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Reads what `--json` wrote: reports, and the last floor among them.
fn read(files: &[PathBuf]) -> eyre::Result<(Vec<Report>, Option<Floor>)> {
    let (mut reports, mut floor) = (Vec::new(), None);
    for file in files {
        let text = std::fs::read_to_string(file).wrap_err_with(|| display(file))?;
        if let Ok(found) = serde_json::from_str::<Floor>(&text) {
            floor = Some(found);
            continue;
        }
        let report = serde_json::from_str(&text);
        reports.push(report.wrap_err_with(|| format!("{}: not a report", display(file)))?);
    }
    Ok((reports, floor))
}

fn display(file: &Path) -> String {
    file.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        bench: BenchArgs,
    }

    fn parse(args: &[&str]) -> BenchConfig {
        let all = ["bench"].iter().chain(args);
        Command::try_parse_from(all).unwrap().bench.config()
    }

    #[test]
    fn without_arguments_the_run_is_the_default_one() {
        let (given, default) = (parse(&[]), BenchConfig::default());
        assert_eq!(
            (given.url, given.rate_per_s),
            (default.url, default.rate_per_s)
        );
        assert_eq!(
            (given.senders, given.connections),
            (default.senders, default.connections)
        );
        assert_eq!((given.readers, given.seed), (default.readers, default.seed));
        assert_eq!(
            (given.seconds, given.drain_seconds),
            (default.seconds, default.drain_seconds)
        );
        assert_eq!(given.warmup_seconds, default.warmup_seconds);
        assert_eq!(
            (given.verify, given.recipients),
            (default.verify, default.recipients)
        );
    }

    #[test]
    fn the_names_that_scripts_use_are_understood() {
        let config = parse(&[
            "--url",
            "http://h:1",
            "--rate",
            "5",
            "--seconds",
            "3",
            "--json",
        ]);
        assert_eq!(
            (config.url.as_str(), config.rate_per_s, config.seconds),
            ("http://h:1", 5, 3)
        );
        let config = parse(&[
            "--workload",
            "swap",
            "--mode",
            "plain",
            "--distinct-recipients",
        ]);
        assert_eq!(
            (config.workload, config.mode),
            (Workload::Swap, Mode::Plain)
        );
        assert_eq!(config.recipients, Some(Recipients::Distinct));
    }

    #[test]
    fn reports_and_the_floor_are_told_apart_when_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let report = crate::report::tests::report("a", Mode::Sync, 1, 1.0);
        let p = report.latency_ms;
        let machine = report.machine.clone();
        let floor = Floor {
            sign_ms: p,
            recover_ms: p,
            sync_ms: p,
            machine,
        };
        let files: Vec<_> = ["report", "floor"]
            .map(|name| directory.path().join(name))
            .to_vec();
        std::fs::write(&files[0], serde_json::to_string(&report).unwrap()).unwrap();
        std::fs::write(&files[1], serde_json::to_string(&floor).unwrap()).unwrap();
        let (reports, floor) = read(&files).unwrap();
        assert_eq!((reports.len(), floor.is_some()), (1, true));
        std::fs::write(&files[0], "{}").unwrap();
        assert!(
            read(&files)
                .unwrap_err()
                .to_string()
                .contains("not a report")
        );
    }
}
