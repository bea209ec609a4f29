//! A gateway process and a minimal JSON-RPC client for tests of the real binary.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

use alloy_consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, hex};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Private keys of the first development accounts.
pub const DEV_KEYS: [&str; 4] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
];

/// A running gateway.
pub struct Gateway {
    child: Child,
    pub addr: String,
}

/// Where a gateway keeps things: data, and the guard's record outside of it.
pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn state(&self) -> PathBuf {
        self.dir.path().join("xdg-state")
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn command(&self, extra: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forebond"));
        command
            .args([
                "gateway",
                "--dev",
                "--http",
                "127.0.0.1:0",
                "--metrics",
                "off",
                "--data-dir",
            ])
            .arg(self.data())
            .args(extra)
            .env("XDG_STATE_HOME", self.state())
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a gateway and waits until it answers.
    pub fn start(&self, extra: &[&str]) -> Gateway {
        let mut child = self.command(extra).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        let Some(url) = line.strip_prefix("READY http://") else {
            let mut text = String::new();
            let _ = child.stderr.take().unwrap().read_to_string(&mut text);
            panic!("the gateway did not start: {line:?} {text}");
        };
        Gateway {
            addr: url.to_owned(),
            child,
        }
    }
}

impl Gateway {
    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it with SIGTERM and returns what it said on standard error.
    pub fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().unwrap().is_none() {
            assert!(
                Instant::now() < deadline,
                "the gateway does not end on SIGTERM"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut text = String::new();
        let _ = self.child.stderr.take().unwrap().read_to_string(&mut text);
        assert!(
            self.child.wait().unwrap().success(),
            "ended with an error: {text}"
        );
        text
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.addr)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// JSON-RPC over one kept-alive HTTP connection.
pub struct Client {
    addr: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    pub fn connect(addr: &str) -> Self {
        Self::try_connect(addr).unwrap()
    }

    pub fn try_connect(addr: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            addr: addr.to_owned(),
            stream: BufReader::new(stream),
        })
    }

    /// The whole answer, or an error of the connection.
    pub fn try_call(&mut self, method: &str, params: Value) -> std::io::Result<Value> {
        let body =
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.addr,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let mut length = 0usize;
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0u8; length];
        self.stream.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }

    /// The result; panics on an error.
    pub fn call(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_call(method, params.clone()).unwrap();
        assert!(answer.get("error").is_none(), "{method} {params}: {answer}");
        answer["result"].clone()
    }

    /// The error; panics on a result.
    pub fn refusal(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_call(method, params.clone()).unwrap();
        assert!(
            answer.get("error").is_some(),
            "{method} {params} was not refused: {answer}"
        );
        answer["error"].clone()
    }

    pub fn nonce(&mut self, address: Address, at: &str) -> u64 {
        quantity(&self.call("eth_getTransactionCount", json!([address, at])))
    }

    /// Waits until block `number` is sealed.
    pub fn wait_sealed(&mut self, number: u64) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while quantity(&self.call("eth_blockNumber", json!([]))) < number {
            assert!(
                Instant::now() < deadline,
                "block {number} is not sealed after a minute"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

pub fn quantity(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap()
}

/// A key that signs transfers.
pub struct Wallet {
    key: secp256k1::SecretKey,
    pub address: Address,
}

impl Wallet {
    pub fn dev(index: usize) -> Self {
        let key = secp256k1::SecretKey::from_slice(&hex::decode(DEV_KEYS[index]).unwrap()).unwrap();
        let public = key
            .public_key(secp256k1::SECP256K1)
            .serialize_uncompressed();
        Self {
            key,
            address: Address::from_raw_public_key(&public[1..]),
        }
    }

    pub fn transfer(&self, nonce: u64, to: Address, value: u64) -> Bytes {
        self.sign(self.template(nonce, TxKind::Call(to), value, 21_000, Bytes::new()))
    }

    pub fn template(
        &self,
        nonce: u64,
        to: TxKind,
        value: u64,
        gas_limit: u64,
        input: Bytes,
    ) -> TxEip1559 {
        TxEip1559 {
            chain_id: 9545,
            nonce,
            gas_limit,
            max_fee_per_gas: 100_000_000_000,
            max_priority_fee_per_gas: 1_000_000_000,
            to,
            value: U256::from(value),
            access_list: Default::default(),
            input,
        }
    }

    pub fn sign(&self, tx: TxEip1559) -> Bytes {
        let digest = secp256k1::Message::from_digest(tx.signature_hash().0);
        let (id, compact) = secp256k1::SECP256K1
            .sign_ecdsa_recoverable(&digest, &self.key)
            .serialize_compact();
        let signature = Signature::from_bytes_and_parity(&compact, i32::from(id) == 1);
        TxEnvelope::from(tx.into_signed(signature))
            .encoded_2718()
            .into()
    }
}
