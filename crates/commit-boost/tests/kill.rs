//! A proposer that is killed in the middle of its writes: what it was told is there afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "a wrong answer should stop the test"
)]

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use alloy_primitives::B256;
use forebond_beacon::{bls::interop_key, signing::commit_boost::Chain};
use forebond_commit_boost::{
    dialect::SignerDialect,
    protection::{Admission, Kind, Position, ProtectionDb, ProtectionError, Request, SigningKey},
};

const DIR: &str = "FOREBOND_KILLED_PROPOSER_DIR";

fn request(slot: u64, object: u8) -> Request {
    let proposer = interop_key(1).public_key().to_bytes();
    Request {
        position: Position {
            signing_id: B256::repeat_byte(2),
            proposer,
            slot,
            kind: Kind::Delegation,
        },
        key: SigningKey::Consensus(proposer),
        object_root: B256::repeat_byte(object),
        nonce: 0,
    }
}

/// The process that is killed; does nothing in an ordinary run.
#[test]
fn proposer_that_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else {
        return;
    };
    let db = ProtectionDb::open(Path::new(&dir), Chain::HOODI).unwrap();
    let mut out = std::io::stdout();
    for slot in 0..u64::MAX {
        match db.admit(&request(slot, 1), SignerDialect::Split) {
            Ok(Admission::Ask(_)) => writeln!(out, "\ntold {slot}").unwrap(),
            // What an earlier life was told.
            other => panic!("slot {slot}: {other:?}"),
        }
        out.flush().unwrap();
    }
}

#[test]
fn what_a_proposer_was_told_is_there_after_kill_9() {
    for told_before in [1, 7, 40] {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "proposer_that_is_killed", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines
            .map(Result::unwrap)
            .filter_map(|line| line.strip_prefix("told ")?.parse::<u64>().ok());
        let last = told.take(told_before).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();

        let db = ProtectionDb::open(dir.path(), Chain::HOODI).unwrap();
        for slot in 0..=last {
            let refused = db.admit(&request(slot, 2), SignerDialect::Split);
            assert!(
                matches!(refused, Err(ProtectionError::Conflict { .. })),
                "slot {slot}: {refused:?}"
            );
        }
    }
}
