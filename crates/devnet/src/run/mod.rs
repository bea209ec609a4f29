//! A run from the first check to the report.

mod devnet;
mod justice;
mod live;
mod memory;
mod settle;

use std::{
    io::Write,
    path::PathBuf,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use eyre::Result;
use forebond_runtime::Shutdown;

use crate::{
    config::DevnetConfig,
    files::Folder,
    l1::{L1, require_free},
    report::Report,
    table::say,
};

/// Runs a devnet until its slots are over or the end is requested. `program` is what children run: this binary.
///
/// # Errors
/// When it cannot start; what goes wrong afterwards is in the report.
pub async fn run(config: DevnetConfig, program: PathBuf, shutdown: Shutdown) -> Result<Report> {
    let begun = Instant::now();
    config.check()?;
    require_free(&config).await?;
    let folder = Folder::take(&config)?;
    let config = DevnetConfig {
        data_dir: folder.path().to_owned(),
        ..config
    };
    let seed = config.seed.unwrap_or_else(rand::random);
    let mut l1 = L1::start(&config, now_s(), seed).await?;
    let starting = devnet::start(&config, &folder, &mut l1, program, seed);
    let started = tokio::select! {
        started = starting => started,
        () = shutdown.requested() => Err(eyre::eyre!("ended before it was ready")),
    };
    let report = match started {
        Ok(mut devnet) => {
            say(&format!(
                "{}\nready after {:.1} s, seed {seed}",
                devnet.words,
                begun.elapsed().as_secs_f64()
            ));
            if !config.json {
                print_line(&format!("READY {}/devnet.json", folder.path().display()));
            }
            let report = devnet.live(&config, &mut l1, &shutdown).await;
            devnet.children.end().await;
            report
        }
        Err(error) => Err(error),
    };
    l1.stop().await;
    let report = report?;
    print_line(&if config.json {
        serde_json::to_string_pretty(&report)?
    } else {
        report.words()
    });
    Ok(report)
}

/// A line on standard output, which may be closed.
fn print_line(words: &str) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{words}").and_then(|()| out.flush());
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
