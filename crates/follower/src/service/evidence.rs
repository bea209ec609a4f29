//! Evidence of forks (R2), kept for whoever brings it before the judges on L1: one JSON object a line, durable before it counts.

use alloy_primitives::{Address, B256};
use eyre::WrapErr;
use forebond_net::{Conflict, SignedMessage};
use forebond_protocol::Signed;
use forebond_types::{BaseWire, Domain, FragWire, SealWire};
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Name in the data directory.
const FILE: &str = "evidence.jsonl";
/// Lines at most: one fork is enough for a fault, and a forker must not fill a disk.
const MAX_LINES: usize = 4_096;
/// Longest line that is read back, bytes.
const MAX_LINE_BYTES: usize = 16 << 10;

/// The file.
#[derive(Debug)]
pub(super) struct EvidenceFile {
    path: PathBuf,
    domain: Domain,
    count: AtomicU64,
    kept: Mutex<BTreeSet<Fork>>,
}

/// One is kept of each signer and base, however many peers tell of it.
type Fork = (Address, B256);

fn fork_of(line: &str) -> Option<Fork> {
    let value: Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| value.get(name)?.as_str();
    Some((field("signer")?.parse().ok()?, field("base")?.parse().ok()?))
}

fn message(signed: &SignedMessage) -> Value {
    let (kind, message) = match &signed.message {
        Signed::Base(base) => ("base", json!(BaseWire::from(base))),
        Signed::Frag(frag) => ("frag", json!(FragWire::from(frag))),
        Signed::Seal(seal) => ("seal", json!(SealWire::from(seal))),
    };
    json!({ "kind": kind, "message": message, "signature": signed.signature })
}

impl EvidenceFile {
    /// Opens the file of a data directory, with what it holds already.
    pub(super) fn open(data_dir: &Path, domain: Domain) -> eyre::Result<Self> {
        let path = data_dir.join(FILE);
        let mut kept = BTreeSet::new();
        match File::open(&path) {
            Ok(file) => {
                for line in BufReader::new(file).lines().take(MAX_LINES) {
                    let line = line.wrap_err_with(|| path.display().to_string())?;
                    // A line cut off by a power cut is not evidence; the others are.
                    kept.extend(fork_of(&line).filter(|_| line.len() <= MAX_LINE_BYTES));
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).wrap_err_with(|| path.display().to_string()),
        }
        Ok(Self {
            path,
            domain,
            count: AtomicU64::new(kept.len() as u64),
            kept: Mutex::new(kept),
        })
    }

    /// Forks that are kept.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Keeps a fork, if it is new and there is room. Waits for the disk: not for a task that moves bytes.
    pub(super) fn keep(&self, conflict: &Conflict, now_ms: u64) -> eyre::Result<bool> {
        let mut kept = self.kept.lock();
        let fork = (conflict.signer, conflict.base);
        if kept.contains(&fork) || kept.len() >= MAX_LINES {
            return Ok(false);
        }
        let line = json!({
            "heardAtMs": now_ms,
            "signer": conflict.signer,
            "base": conflict.base,
            "fork": format!("{:?}", conflict.fork),
            "domain": self.domain,
            "first": message(&conflict.first),
            "second": message(&conflict.second),
        });
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .wrap_err_with(|| self.path.display().to_string())?;
        // The line before may have been cut off: an empty line does no harm.
        let before = if kept.is_empty() { "" } else { "\n" };
        file.write_all(format!("{before}{line}\n").as_bytes())
            .and_then(|()| file.sync_data())
            .wrap_err_with(|| self.path.display().to_string())?;
        kept.insert(fork);
        self.count.store(kept.len() as u64, Ordering::Relaxed);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebond_protocol::{Fork as Kind, Signed};
    use forebond_types::{Seal, Signature};

    fn seal(block_hash: u8) -> SignedMessage {
        let mut signature = [1; 65];
        signature[64] = 27;
        SignedMessage {
            message: Signed::Seal(Seal {
                base: B256::repeat_byte(1),
                blockNumber: 7,
                blockHash: B256::repeat_byte(block_hash),
                lastSequence: 3,
                lastFrag: B256::repeat_byte(4),
                endOfWindow: false,
            }),
            signature: Signature::from_bytes(&signature).unwrap(),
        }
    }

    fn conflict(base: u8) -> Conflict {
        Conflict {
            signer: Address::repeat_byte(9),
            base: B256::repeat_byte(base),
            fork: Kind::TwoSeals,
            first: seal(1),
            second: seal(2),
        }
    }

    fn domain() -> Domain {
        Domain {
            l1_chain_id: 1,
            inbox: Address::ZERO,
        }
    }

    #[test]
    fn evidence_is_on_disk_once_whoever_tells_and_survives_a_restart_and_a_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = EvidenceFile::open(dir.path(), domain()).unwrap();
        assert!(file.keep(&conflict(1), 5).unwrap());
        assert!(!file.keep(&conflict(1), 6).unwrap(), "known already");
        assert!(file.keep(&conflict(2), 7).unwrap());
        let path = dir.path().join(FILE);
        let mut torn = OpenOptions::new().append(true).open(&path).unwrap();
        torn.write_all(b"{\"signer\":\"0x09").unwrap();
        let again = EvidenceFile::open(dir.path(), domain()).unwrap();
        assert_eq!(again.count(), 2);
        assert!(!again.keep(&conflict(2), 8).unwrap());
        assert!(again.keep(&conflict(3), 9).unwrap());
        let text = std::fs::read_to_string(&path).unwrap();
        let whole: Vec<Value> = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[2]["second"]["kind"], "seal");
        assert_eq!(EvidenceFile::open(dir.path(), domain()).unwrap().count(), 3);
    }

    #[test]
    fn a_forker_cannot_fill_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let file = EvidenceFile::open(dir.path(), domain()).unwrap();
        file.kept.lock().extend(
            (0..MAX_LINES as u64)
                .map(|n| (Address::ZERO, B256::left_padding_from(&n.to_be_bytes()))),
        );
        assert!(!file.keep(&conflict(1), 5).unwrap());
        assert!(!dir.path().join(FILE).exists());
    }
}
