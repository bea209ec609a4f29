use std::{path::PathBuf, process::Stdio, time::Duration};

use eyre::{Result, WrapErr, bail, ensure};
use forebond_embedded_l1::node::PresetName;
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    children::{append_to, end_kindly},
    config::DevnetConfig,
};

/// Until the published clients answer.
const START_DEADLINE: Duration = Duration::from_secs(90);
/// Until they have ended.
const END_DEADLINE: Duration = Duration::from_secs(10);

/// The L1 of published clients: a process that has a child of its own.
pub(super) struct Running(Child);

#[derive(Deserialize)]
struct Urls {
    rpc: String,
    beacon: String,
}

/// In real time from its start: these clients have no other clock that could become the time of day.
pub(super) async fn start(config: &DevnetConfig, seed: u64) -> Result<(Running, String, String)> {
    let folder = tool_folder()?;
    let data = config.data_dir.join("l1");
    std::fs::create_dir_all(&data)?;
    let preset = match config.preset {
        PresetName::Minimal => "minimal",
        PresetName::Mainnet => "mainnet",
    };
    let mut command = Command::new("node");
    command
        .arg(folder.join("main.mjs"))
        .arg("--data-dir")
        .arg(&data)
        .args(["--preset", preset])
        .args(["--seed", &(seed % (1 << 53)).to_string()])
        .args(["--slot-time", &config.slot_time_s.to_string()])
        .args(["--validators", &config.validators.to_string()])
        .args(["--withdrawal-accounts", &config.gateways.to_string()])
        .args(["--rpc-port", &config.ports.l1_rpc.to_string()])
        .args(["--beacon-port", &config.ports.l1_beacon.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(append_to(&config.data_dir, "l1")?)
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command
        .spawn()
        .wrap_err("cannot start node (Node.js 20 or newer) for --l1 npm")?;
    let Some(output) = child.stdout.take() else {
        bail!("the L1's process has no output");
    };
    let mut lines = BufReader::new(output).lines();
    let ready = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(urls) = line.strip_prefix("READY ") {
                return Ok(serde_json::from_str::<Urls>(urls)?);
            }
        }
        bail!("the L1's process ended before it was ready: see logs/l1.log")
    };
    let urls = tokio::time::timeout(START_DEADLINE, ready)
        .await
        .wrap_err("the L1 of published clients was not ready in time: see logs/l1.log")??;
    // An unread pipe would stop the process.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Ok((Running(child), urls.rpc, urls.beacon))
}

/// `tools/l1` of the repository that this devnet is run in, or was built from.
fn tool_folder() -> Result<PathBuf> {
    let built_from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tools/l1");
    let found = [PathBuf::from("tools/l1"), built_from]
        .into_iter()
        .find(|folder| folder.join("node_modules").exists());
    ensure!(
        found.is_some(),
        "--l1 npm: the published clients are not installed: run `make tools` once, in the repository, and start the devnet there"
    );
    Ok(found.unwrap_or_default())
}

impl Running {
    pub(super) fn died(&mut self) -> Option<String> {
        match self.0.try_wait() {
            Ok(Some(status)) => Some(format!("the L1 ended ({status}): see logs/l1.log")),
            _ => None,
        }
    }

    pub(super) async fn stop(mut self) {
        end_kindly(&mut self.0, END_DEADLINE).await;
    }
}
