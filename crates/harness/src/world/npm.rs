use std::time::Duration;

use eyre::{Result, ensure};
use serde::Deserialize;
use tokio::process::Command;

use super::{OPERATORS, SLOT_TIME_S, VALIDATORS, process};

#[derive(Deserialize)]
struct Urls {
    rpc: String,
    beacon: String,
}

pub(super) async fn start() -> Result<(process::Running, String, String)> {
    let folder = process::root().join("tools/l1");
    ensure!(
        folder.join("node_modules").exists(),
        "the L1 of published clients is not installed: run `make tools` once"
    );
    let data = tempfile::tempdir()?;
    let mut command = Command::new("node");
    command
        .arg(folder.join("main.mjs"))
        .arg("--data-dir")
        .arg(data.path())
        .args(["--preset", "minimal", "--manual", "--seed", "1"])
        .args(["--slot-time", &SLOT_TIME_S.to_string()])
        .args(["--validators", &VALIDATORS.to_string()])
        .args(["--withdrawal-accounts", &OPERATORS.to_string()]);
    let (running, urls) = process::start(command, Some(data), Duration::from_secs(60), |line| {
        serde_json::from_str::<Urls>(line.strip_prefix("READY ")?).ok()
    })
    .await?;
    Ok((running, urls.rpc, urls.beacon))
}
