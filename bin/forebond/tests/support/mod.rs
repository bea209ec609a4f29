//! A gateway process and a minimal JSON-RPC client for tests of the real binary.

#![allow(dead_code, unused_imports, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failing test may say so by a panic"
)]

mod log_files;
mod websocket;

pub use log_files::LogFiles;
pub use websocket::WebSocket;

use alloy_consensus::{SignableTransaction, Signed, TxEip1559, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, Bytes, Signature, TxKind, U256, hex};
use forebond_protocol::{Verifier, verify_json};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Private keys of the first development accounts.
pub const DEV_KEYS: [&str; 10] = [
    "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "dbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
];

/// A tip cap every quote of these tests fits, wei per gas.
pub const ANY_FEE: &str = "0x77359400";

/// A running gateway.
pub struct Gateway {
    child: Child,
    /// Reads standard error all the time: a full pipe would stop the gateway.
    said: Option<JoinHandle<String>>,
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
        Gateway::of(&mut self.command(extra))
    }

    /// Starts a gateway with this configuration file.
    pub fn start_with(&self, toml: &str, extra: &[&str]) -> Gateway {
        let path = self.path().join("gateway.toml");
        std::fs::write(&path, toml).unwrap();
        self.start(&[&["--config", path.to_str().unwrap()], extra].concat())
    }

    /// What a gateway that must not start says on standard error.
    pub fn refused_start(&self, extra: &[&str]) -> String {
        let mut child = self.command(extra).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        let started = line.starts_with("READY");
        if started {
            child.kill().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!started, "the gateway started: {text}");
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(!text.contains("panicked"), "{text}");
        text
    }
}

impl Gateway {
    /// Runs this command until it says that it answers.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = stderr.read_to_end(&mut bytes);
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        let Some(url) = line.strip_prefix("READY http://") else {
            let _ = child.kill();
            panic!(
                "the gateway did not start: {line:?} {}",
                said.join().unwrap()
            );
        };
        Self {
            addr: url.to_owned(),
            said: Some(said),
            child,
        }
    }

    /// Memory it holds at this moment, bytes.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kib * 1024
    }

    /// Sends one more transfer and verifies the promise of it.
    pub fn assert_promises(&self, wallet: &Wallet) -> Value {
        let mut client = self.client();
        let status = client.call("eth_getGatewayStatus", json!([]));
        let committer: Address = serde_json::from_value(status["committer"].clone()).unwrap();
        let nonce = client.nonce(wallet.address, "pending");
        let raw = wallet.transfer(nonce, Address::repeat_byte(0x77), 1);
        let object = client.call("eth_requestPreconf", json!([raw, ANY_FEE]));
        verify_json(&object.to_string(), &mut Verifier::new(committer)).unwrap();
        object
    }

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
        let text = self.said.take().unwrap().join().unwrap();
        assert!(
            self.child.wait().unwrap().success(),
            "ended with an error: {text}"
        );
        assert!(!text.contains("panicked"), "{text}");
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
        let (_, answer) = self.post(body.as_bytes())?;
        Ok(serde_json::from_slice(&answer)?)
    }

    /// Posts these bytes as JSON; the HTTP status and the body of the answer.
    pub fn post(&mut self, body: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.addr,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.exchange(&request)
    }

    /// Sends these bytes, whatever they are, and reads one HTTP answer.
    pub fn exchange(&mut self, request: &[u8]) -> std::io::Result<(u16, Vec<u8>)> {
        self.stream.get_mut().write_all(request)?;
        let (mut status, mut length) = (0u16, 0usize);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(words) = line.strip_prefix("http/1.1 ") {
                status = words[..3].parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0u8; length];
        self.stream.read_exact(&mut body)?;
        Ok((status, body))
    }

    /// The socket itself.
    pub fn socket(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
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

/// Asks again and again until `ask` gives something, for `seconds` at most.
pub fn until<T>(what: &str, seconds: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(got) = ask() {
            return got;
        }
        assert!(Instant::now() < deadline, "not within {seconds} s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A port nobody uses at this moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
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
        Self::of_key(&hex::decode(DEV_KEYS[index]).unwrap())
    }

    /// An account that owns nothing.
    pub fn poor(seed: u8) -> Self {
        Self::of_key(&[seed; 32])
    }

    fn of_key(key: &[u8]) -> Self {
        let key = secp256k1::SecretKey::from_slice(key).unwrap();
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
        TxEnvelope::from(self.signed(tx)).encoded_2718().into()
    }

    /// Any type of transaction with its signature.
    pub fn signed<T: SignableTransaction<Signature>>(&self, tx: T) -> Signed<T> {
        let digest = secp256k1::Message::from_digest(tx.signature_hash().0);
        let (id, compact) = secp256k1::SECP256K1
            .sign_ecdsa_recoverable(&digest, &self.key)
            .serialize_compact();
        tx.into_signed(Signature::from_bytes_and_parity(
            &compact,
            i32::from(id) == 1,
        ))
    }
}
