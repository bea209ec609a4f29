use std::time::Duration;

use eyre::{Result, ensure};
use tokio::process::Command;

use super::process;

pub(super) async fn start() -> Result<(process::Running, String)> {
    let binary = process::root().join("tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
    ensure!(
        binary.exists(),
        "anvil is not installed: run `make tools` once"
    );
    let mut command = Command::new(binary);
    command.args([
        "--port",
        "0",
        "--host",
        "127.0.0.1",
        "--hardfork",
        "osaka",
        "--no-mining",
    ]);
    process::start(command, None, Duration::from_secs(30), |line| {
        let address = line.strip_prefix("Listening on ")?;
        Some(format!("http://{address}"))
    })
    .await
}
