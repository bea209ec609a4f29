//! What no gateway on this machine can undercut: one signature, one recovery, one synced append.
//! Measured in the same session as the rows it stands beside, because the machine is noisy.

use crate::{
    keys,
    latency::{Latencies, Percentiles},
    machine::Machine,
};
use alloy_primitives::{B256, keccak256};
use eyre::WrapErr;
use serde::{Deserialize, Serialize};
use std::{
    fmt::{self, Display, Formatter},
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    thread,
    time::{Duration, Instant},
};

const CRYPTO_ROUNDS: u32 = 2_000;
const SYNC_ROUNDS: u32 = 2_000;
/// Gap between two syncs: back to back they are far faster than a gateway ever sees.
const SYNC_PAUSE: Duration = Duration::from_millis(1);
const PAGE_BYTES: usize = 4_096;

/// Costs in milliseconds of one operation each.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Floor {
    /// One secp256k1 signature.
    pub sign_ms: Percentiles,
    /// One recovery of a signer.
    pub recover_ms: Percentiles,
    /// Appending 4 KiB to a preallocated file and `fdatasync`, with 1 ms between two.
    pub sync_ms: Percentiles,
    /// Where and when.
    pub machine: Machine,
}

/// Measures the floor in about ten seconds. The file is written to `directory`, which should be on
/// the file system of the gateway's data, and is removed afterwards.
pub fn floor(directory: &Path) -> eyre::Result<Floor> {
    let account = keys::sender(0, 0)?;
    let (mut sign, mut recover) = (Latencies::new()?, Latencies::new()?);
    let mut digest = B256::ZERO;
    for _ in 0..CRYPTO_ROUNDS {
        digest = keccak256(digest);
        let started = Instant::now();
        let signature = account.sign_canonical(digest);
        sign.record(started.elapsed());
        let started = Instant::now();
        let signer = signature.recover(digest)?;
        recover.record(started.elapsed());
        eyre::ensure!(signer == account.address, "recovery gave another signer");
    }
    Ok(Floor {
        sign_ms: sign.percentiles(),
        recover_ms: recover.percentiles(),
        sync_ms: synced_appends(directory, SYNC_ROUNDS, SYNC_PAUSE)?.percentiles(),
        machine: Machine::here(),
    })
}

fn synced_appends(directory: &Path, rounds: u32, pause: Duration) -> eyre::Result<Latencies> {
    let mut file: File = tempfile::tempfile_in(directory)
        .wrap_err_with(|| format!("{}: cannot write there", directory.display()))?;
    let page = [0x5a; PAGE_BYTES];
    // Preallocated by writing, as a log does it: no sync then has to change the file's size.
    for _ in 0..rounds {
        file.write_all(&page)?;
    }
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut latencies = Latencies::new()?;
    for _ in 0..rounds {
        thread::sleep(pause);
        let started = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        latencies.record(started.elapsed());
    }
    Ok(latencies)
}

impl Display for Floor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<38} {:>9} {:>9} {:>9}", "ms", "p50", "p99", "p99.9")?;
        for (name, p) in self.rows() {
            writeln!(
                f,
                "{name:<38} {:>9.3} {:>9.3} {:>9.3}",
                p.p50, p.p99, p.p999
            )?;
        }
        let Machine { cpu, cores, date } = &self.machine;
        write!(f, "{cores} cores of {cpu}, {date} UTC")
    }
}

impl Floor {
    /// Each operation with its name.
    pub(crate) const fn rows(&self) -> [(&'static str, &Percentiles); 3] {
        [
            ("floor: sign", &self.sign_ms),
            ("floor: recover a signer", &self.recover_ms),
            ("floor: 4 KiB append + fdatasync", &self.sync_ms),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_append_is_measured_and_the_file_is_gone_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let latencies = synced_appends(directory.path(), 5, Duration::ZERO).unwrap();
        assert_eq!(latencies.count(), 5);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_directory_that_is_not_there_is_named() {
        let error = synced_appends(Path::new("/no/such/place"), 1, Duration::ZERO).unwrap_err();
        assert!(error.to_string().contains("/no/such/place"));
    }
}
