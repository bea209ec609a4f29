//! An anvil of the test's own, on a free port, ended with the test.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use forebond_l1::execution::{ExecutionClient, ExecutionConfig};

pub struct Anvil {
    pub url: String,
    child: Child,
}

impl Anvil {
    /// Starts one; `arguments` beside port and silence.
    pub fn start(arguments: &[&str]) -> Self {
        let binary = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
        assert!(
            binary.exists(),
            "anvil is not installed: run `make tools` once"
        );
        let mut child = Command::new(binary)
            .args(["--port", "0", "--host", "127.0.0.1"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut lines = output.lines();
        let url = loop {
            let line = lines.next().expect("anvil ended").unwrap();
            if let Some(address) = line.strip_prefix("Listening on ") {
                break format!("http://{address}");
            }
        };
        // Its log goes on; an unread pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { url, child }
    }

    pub fn client(&self) -> ExecutionClient {
        ExecutionClient::new(&ExecutionConfig::new(&self.url)).unwrap()
    }

    /// A JSON-RPC call of anvil's own.
    pub async fn rpc(&self, method: &'static str, params: serde_json::Value) -> serde_json::Value {
        use alloy_provider::Provider;
        self.client()
            .provider()
            .raw_request(method.into(), params)
            .await
            .unwrap()
    }
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
