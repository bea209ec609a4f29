//! cast and viem against an L1 in real time.

use std::{
    path::{Path, PathBuf},
    process::Output,
};

use alloy_primitives::hex;
use forebond_embedded_l1::node::{Clock, EmbeddedL1, NodeConfig, ServiceConfig};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{client, world::wallet};

async fn real_time() -> EmbeddedL1 {
    EmbeddedL1::start(ServiceConfig {
        node: NodeConfig {
            validators: 16,
            clock: Clock::Real,
            slot_duration_ms: 1_000,
            ..NodeConfig::default()
        },
        ..ServiceConfig::default()
    })
    .await
    .unwrap()
}

fn tools() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tools");
    assert!(
        folder.join("node_modules").exists(),
        "the outside tools are not installed: run `make tools` once"
    );
    folder.canonicalize().unwrap()
}

async fn run(mut command: Command) -> Output {
    let output = command.kill_on_drop(true).output();
    let deadline = std::time::Duration::from_secs(60);
    let output = tokio::time::timeout(deadline, output).await;
    let output = output.expect("the tool did not end").unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{errors}\n{}",
        String::from_utf8_lossy(&output.stdout)
    );
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn cast_sends_blobs_in_both_wrappers_and_reads_the_receipts() {
    let l1 = real_time().await;
    let cast = tools().join("node_modules/@foundry-rs/cast-linux-amd64/bin/cast");
    let data = std::env::temp_dir().join(format!("forebond-blob-{}", l1.rpc_addr().port()));
    std::fs::write(&data, b"what a batch would hold").unwrap();
    for (index, wrapper) in [(0, None), (1, Some("--eip4844"))] {
        let mut command = Command::new(&cast);
        command
            .args(["send", "--json", "--rpc-url", &l1.rpc_url()])
            .args(["--private-key", &hex::encode(wallet(index).to_bytes())])
            .args(["--blob", "--path"])
            .arg(&data)
            .args(wrapper)
            .arg("0x00000000000000000000000000000000000000bb");
        let receipt: Value = serde_json::from_slice(&run(command).await.stdout).unwrap();
        assert_eq!(receipt["status"], "0x1");
        assert_eq!(receipt["blobGasUsed"], "0x20000", "{receipt}");
        let hash = &receipt["transactionHash"];
        let tx = client::result(l1.rpc_addr(), "eth_getTransactionByHash", json!([hash])).await;
        assert_eq!(tx["type"], "0x3");
    }
    std::fs::remove_file(&data).unwrap();
    l1.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viem_deploys_writes_watches_and_proves() {
    let l1 = real_time().await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rpc/viem.mjs");
    let mut command = Command::new("node");
    command
        .arg(script)
        .arg(tools())
        .arg(l1.rpc_addr().to_string());
    let output = run(command).await;
    assert!(String::from_utf8_lossy(&output.stdout).contains("done"));
    l1.stop().await;
}
