//! Behaviour of the log, seen from outside wherever possible.

mod appending;
mod damage;
mod format;
mod locking;
mod power_cut;
mod pruning;
mod starting;

use std::fs;
use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use tempfile::TempDir;

use super::directory::segment_path;
use super::{Log, LogConfig, LogError, LogReader, Opened, Position};

const IDENTITY: B256 = B256::repeat_byte(0x7a);

/// Small segments, so that a test has many.
const SEGMENT_BYTES: u32 = 16 << 10;

fn config() -> LogConfig {
    LogConfig {
        segment_bytes: SEGMENT_BYTES,
        ..LogConfig::new(IDENTITY)
    }
}

fn try_open(dir: &Path) -> Result<Opened, LogError> {
    Log::open(dir, config(), None, &mut |_| {})
}

fn open(dir: &Path) -> Opened {
    try_open(dir).unwrap()
}

fn payloads(reader: &LogReader) -> Vec<Vec<u8>> {
    let records = reader.iter(reader.first()).unwrap();
    records.map(|record| record.unwrap().payload).collect()
}

/// A payload that differs for every `number`.
fn payload(number: usize, bytes: usize) -> Vec<u8> {
    let mut payload: Vec<u8> = (0..bytes)
        .map(|at| (at * 31 + number * 7).to_le_bytes()[0])
        .collect();
    let number = number.to_le_bytes();
    let shared = number.len().min(payload.len());
    payload[..shared].copy_from_slice(&number[..shared]);
    payload
}

/// Appends one payload and commits it.
fn commit_one(opened: &mut Opened, payload: &[u8]) -> Position {
    let position = opened.writer.append(1, &[payload]).unwrap();
    opened.writer.commit().unwrap();
    position
}

/// A log of `records` records of `bytes` bytes, each committed by itself, closed; and where they
/// stand.
fn closed_log(records: usize, bytes: usize) -> (TempDir, Vec<Position>) {
    let dir = tempfile::tempdir().unwrap();
    let mut opened = open(dir.path());
    let positions = (0..records)
        .map(|number| commit_one(&mut opened, &payload(number, bytes)))
        .collect();
    drop(opened);
    (dir, positions)
}

/// The segment files of a log and what is in them.
fn images(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut images: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "seg"))
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    images.sort();
    images
}

/// Changes the bytes of one segment file.
fn change(dir: &Path, segment: u32, change: impl FnOnce(&mut Vec<u8>)) {
    let path = segment_path(dir, segment);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
}

/// Changes the bytes from `position` on.
fn change_at(dir: &Path, position: Position, edit: impl FnOnce(&mut [u8])) {
    change(dir, position.segment(), |bytes| {
        edit(&mut bytes[position.offset() as usize..]);
    });
}
