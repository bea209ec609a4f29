//! What it costs to make a group of records durable: append, one write, one `fdatasync`, back to
//! back. Run on the disk the data directory will be on; the temporary directory of the build is
//! used.

use alloy_primitives::B256;
use divan::Bencher;
use divan::counter::BytesCount;
use forebond_gateway::log::{Log, LogConfig, Opened};
use tempfile::TempDir;

fn main() {
    divan::main();
}

/// Scans no longer than this, bytes.
const SCANNED_BYTES: usize = 256 << 20;

#[allow(
    clippy::expect_used,
    reason = "a benchmark without a disk has nothing to measure"
)]
fn open(dir: &TempDir) -> Opened {
    let config = LogConfig::new(B256::repeat_byte(1));
    Log::open(dir.path(), config, None, &mut |_| {}).expect("the log opens")
}

#[allow(
    clippy::expect_used,
    reason = "a benchmark without a disk has nothing to measure"
)]
fn temp_dir() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a temporary directory")
}

#[divan::bench(args = [4 << 10, 64 << 10], sample_count = 2000, sample_size = 1)]
fn append_and_commit(bencher: Bencher<'_, '_>, payload_bytes: usize) {
    let dir = temp_dir();
    let mut writer = open(&dir).writer;
    let payload = vec![0xa5; payload_bytes];
    bencher
        .counter(BytesCount::new(payload_bytes))
        .bench_local(|| {
            writer.append(1, &[&payload])?;
            writer.commit()
        });
}

#[divan::bench(args = [256, 4 << 10], sample_count = 1000)]
fn append_without_commit(bencher: Bencher<'_, '_>, payload_bytes: usize) {
    let dir = temp_dir();
    let mut writer = open(&dir).writer;
    let payload = vec![0xa5; payload_bytes];
    bencher
        .counter(BytesCount::new(payload_bytes))
        .bench_local(|| writer.append(1, &[&payload]));
}

#[divan::bench(args = [512, 16 << 10], sample_count = 5, sample_size = 1)]
fn open_256_mib(bencher: Bencher<'_, '_>, payload_bytes: usize) {
    let dir = temp_dir();
    let mut writer = open(&dir).writer;
    let payload = vec![0xa5; payload_bytes];
    for _ in 0..SCANNED_BYTES / payload_bytes {
        if writer.append(1, &[&payload]).is_err() {
            return;
        }
    }
    if writer.commit().is_err() {
        return;
    }
    drop(writer);
    bencher
        .counter(BytesCount::new(SCANNED_BYTES))
        .bench_local(|| open(&dir).report);
}
