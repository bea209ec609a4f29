use std::{
    collections::VecDeque,
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

/// Batches in the file.
const KEPT_BATCHES: usize = 64;

/// How far a batch has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BatchState {
    /// In an L1 block.
    Posted,
    /// In a final L1 block.
    Final,
    /// A reorg took it out.
    Reorged,
    /// The Inbox refused it; its fees are paid.
    Reverted,
}

/// A batch that was sent and landed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchLine {
    /// Its number in the Inbox; 0 when it was refused.
    pub id: u32,
    /// Struct hash.
    pub hash: B256,
    /// First block.
    pub first_block: u64,
    /// Last block.
    pub last_block: u64,
    /// Our window.
    pub window: u64,
    /// Slot it landed in.
    pub slot: u64,
    /// L1 block it landed in.
    pub l1_block: u64,
    /// Transaction that carries it.
    pub transaction_hash: B256,
    /// Blobs.
    pub blobs: usize,
    /// Raw bytes of the users' transactions.
    pub bytes: u64,
    /// The users' transactions.
    pub transactions: u64,
    /// Rollup gas of its blocks.
    pub gas_used: u64,
    /// L1 fees, execution and blobs, wei. In hex: JavaScript's numbers end at 2^53.
    #[serde(with = "alloy_serde::quantity")]
    pub cost_wei: u128,
    /// The same divided by the users' transactions; nothing without any.
    #[serde(with = "alloy_serde::quantity::opt")]
    pub cost_wei_per_transaction: Option<u128>,
    /// How far it has come.
    pub status: BatchState,
    /// Why it was sent when it was, or why it was refused.
    pub note: String,
}

/// Sums over all batches since the file began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    /// Batches in L1.
    pub batches: u64,
    /// Their blocks.
    pub blocks: u64,
    /// Their users' transactions.
    pub transactions: u64,
    /// Their blobs.
    pub blobs: u64,
    /// What was paid, refused ones included, wei.
    #[serde(with = "alloy_serde::quantity")]
    pub cost_wei: u128,
    /// Batches the Inbox refused.
    pub reverted: u64,
    /// Batches that a reorg took out.
    pub reorged: u64,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The newest batches, oldest first.
    pub batches: VecDeque<BatchLine>,
    /// Sums.
    pub totals: Totals,
    /// Epochs whose proposers we proved.
    pub lookahead_proofs: u64,
    /// What went wrong last, if anything.
    pub last_error: Option<String>,
    #[serde(skip)]
    path: PathBuf,
}

/// Why the file is not written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ReportError {
    path: String,
    reason: String,
}

impl Report {
    /// Goes on with the file if it is there and readable; what it says decides nothing, so a broken one is begun anew.
    pub fn open(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut report: Self = serde_json::from_str(&text).unwrap_or_default();
        report.path = path.to_owned();
        report
    }

    /// Takes a batch in and writes the file.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn landed(&mut self, line: BatchLine) -> Result<(), ReportError> {
        let totals = &mut self.totals;
        totals.cost_wei = totals.cost_wei.saturating_add(line.cost_wei);
        if line.status == BatchState::Reverted {
            totals.reverted += 1;
        } else {
            totals.batches += 1;
            totals.blocks += blocks(&line);
            totals.transactions += line.transactions;
            totals.blobs += line.blobs as u64;
        }
        self.batches.push_back(line);
        while self.batches.len() > KEPT_BATCHES {
            self.batches.pop_front();
        }
        self.write()
    }

    /// Takes it in that a batch has come further, or is gone; writes the file if that is new.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn became(&mut self, hash: B256, status: BatchState) -> Result<(), ReportError> {
        let mut changed = false;
        for line in self.batches.iter_mut().rev() {
            if line.hash != hash || line.status != BatchState::Posted || line.status == status {
                continue;
            }
            line.status = status;
            changed = true;
            if status == BatchState::Reorged {
                let totals = &mut self.totals;
                totals.reorged += 1;
                totals.batches = totals.batches.saturating_sub(1);
                totals.blocks = totals.blocks.saturating_sub(blocks(line));
                totals.transactions = totals.transactions.saturating_sub(line.transactions);
                totals.blobs = totals.blobs.saturating_sub(line.blobs as u64);
                // Fees of a block that never was were never paid.
                totals.cost_wei = totals.cost_wei.saturating_sub(line.cost_wei);
            }
        }
        if changed { self.write() } else { Ok(()) }
    }

    /// Whether it tells of this batch.
    pub fn knows(&self, hash: B256) -> bool {
        self.batches.iter().any(|line| {
            line.hash == hash && matches!(line.status, BatchState::Posted | BatchState::Final)
        })
    }

    /// Batches that are neither final nor gone.
    pub fn unsettled(&self) -> impl Iterator<Item = &BatchLine> {
        self.batches
            .iter()
            .filter(|line| line.status == BatchState::Posted)
    }

    /// Notes what went wrong; writes the file if it is something else than before.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn failed(&mut self, error: &str) -> Result<(), ReportError> {
        if self.last_error.as_deref() == Some(error) {
            return Ok(());
        }
        self.last_error = Some(error.to_owned());
        self.write()
    }

    /// Notes a proof of an epoch's proposers.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn proved(&mut self) -> Result<(), ReportError> {
        self.lookahead_proofs += 1;
        self.write()
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`ReportError`].
    pub fn write(&self) -> Result<(), ReportError> {
        let refuse = |reason: String| ReportError {
            path: self.path.display().to_string(),
            reason,
        };
        let text = serde_json::to_vec_pretty(self).map_err(|error| refuse(error.to_string()))?;
        let aside = self.path.with_extension("json.new");
        let written = File::create(&aside)
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| std::fs::rename(&aside, &self.path));
        written.map_err(|error| refuse(error.to_string()))
    }
}

const fn blocks(line: &BatchLine) -> u64 {
    line.last_block
        .saturating_sub(line.first_block)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::U256;

    fn hash(id: u32) -> B256 {
        B256::from(U256::from(id))
    }

    fn line(id: u32, status: BatchState) -> BatchLine {
        BatchLine {
            id,
            hash: hash(id),
            first_block: 1,
            last_block: 4,
            window: 9,
            slot: 8,
            l1_block: 7,
            transaction_hash: B256::ZERO,
            blobs: 1,
            bytes: 100,
            transactions: 10,
            gas_used: 210_000,
            cost_wei: 1_000,
            cost_wei_per_transaction: Some(100),
            status,
            note: String::new(),
        }
    }

    #[test]
    fn sums_follow_what_landed_was_refused_and_was_taken_out_again_and_survive_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("batcher.json");
        let mut report = Report::open(&path);
        report.landed(line(1, BatchState::Posted)).unwrap();
        report.landed(line(2, BatchState::Posted)).unwrap();
        report.landed(line(0, BatchState::Reverted)).unwrap();
        report.became(hash(2), BatchState::Reorged).unwrap();
        report.became(hash(1), BatchState::Final).unwrap();
        // Final is final.
        report.became(hash(1), BatchState::Reorged).unwrap();
        let expected = Totals {
            batches: 1,
            blocks: 4,
            transactions: 10,
            blobs: 1,
            cost_wei: 2_000,
            reverted: 1,
            reorged: 1,
        };
        assert_eq!(report.totals, expected);
        let again = Report::open(&path);
        assert_eq!(again, report);
        assert_eq!(again.unsettled().count(), 0);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(Report::open(&path).totals, Totals::default());
    }

    #[test]
    fn the_file_keeps_the_newest_batches_only() {
        let directory = tempfile::tempdir().unwrap();
        let mut report = Report::open(&directory.path().join("batcher.json"));
        for id in 1..=70 {
            report.landed(line(id, BatchState::Posted)).unwrap();
        }
        assert_eq!((report.batches.len(), report.batches[0].id), (64, 7));
        assert_eq!(report.totals.batches, 70);
    }
}
