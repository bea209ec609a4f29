use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_types::{Batch, Domain, Signature};
use serde::{Deserialize, Serialize};

use super::Signatory;

/// Blocks remembered: longer than any Base lives.
const KEPT_BLOCKS: usize = 16_384;

/// A batch that was signed: a line of the log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Line {
    batch: B256,
    base: B256,
    first_block: u64,
    hashes: Vec<B256>,
}

/// Why a batch is not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// Another hash was signed for the block under the same Base. Both together are evidence of a fault that costs the bond.
    #[error(
        "block {number}: a batch with the hash {signed} was signed under base {base}, now it is {got}; nothing is signed, find out which one the gateway sealed"
    )]
    Contradiction {
        /// The block.
        number: u64,
        /// The Base.
        base: B256,
        /// What was signed.
        signed: B256,
        /// What is asked for.
        got: B256,
    },
    /// The log cannot be read or written, so nothing may be signed.
    #[error("{path}: {reason}")]
    Log {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
}

/// The log of signed batches. Own batches are evidence against their signer (R2 g, `lie`, `brokenBase`): what is signed first stands.
#[derive(Debug)]
pub struct SignedLog {
    path: PathBuf,
    file: File,
    /// Hash of each block signed under a Base.
    signed: BTreeMap<(u64, B256), B256>,
}

impl SignedLog {
    /// Opens or creates the log. A line that a crash cut off is dropped: its signature was not used yet.
    ///
    /// # Errors
    /// [`SignError::Log`].
    pub fn open(path: &Path) -> Result<Self, SignError> {
        let refuse = |reason: String| SignError::Log {
            path: path.display().to_string(),
            reason,
        };
        let lines = match File::open(path) {
            Ok(file) => read(BufReader::new(file)).map_err(refuse)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(refuse(error.to_string())),
        };
        let mut signed = BTreeMap::new();
        for line in &lines {
            remember(&mut signed, line);
        }
        let kept = first_kept(&lines);
        let file = rewrite(path, lines.get(kept..).unwrap_or_default())
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            signed,
        })
    }

    /// Signs a batch over blocks with these hashes, in order, once that is on disk.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(
        &mut self,
        batch: &Batch,
        hashes: &[B256],
        signatory: &Signatory,
        separator: B256,
    ) -> Result<Signature, SignError> {
        for (number, hash) in (batch.firstBlock..).zip(hashes) {
            if let Some(signed) = self.signed.get(&(number, batch.base))
                && signed != hash
            {
                return Err(SignError::Contradiction {
                    number,
                    base: batch.base,
                    signed: *signed,
                    got: *hash,
                });
            }
        }
        let struct_hash = batch.eip712_hash_struct();
        let line = Line {
            batch: struct_hash,
            base: batch.base,
            first_block: batch.firstBlock,
            hashes: hashes.to_vec(),
        };
        self.append(&line).map_err(|error| SignError::Log {
            path: self.path.display().to_string(),
            reason: error.to_string(),
        })?;
        remember(&mut self.signed, &line);
        Ok(signatory.sign(Domain::digest_of(separator, struct_hash)))
    }

    fn append(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)?;
        self.file.sync_data()
    }
}

fn remember(signed: &mut BTreeMap<(u64, B256), B256>, line: &Line) {
    for (number, hash) in (line.first_block..).zip(&line.hashes) {
        // What was signed first stands; a later line agrees.
        signed.entry((number, line.base)).or_insert(*hash);
    }
    while signed.len() > KEPT_BLOCKS {
        signed.pop_first();
    }
}

fn read(lines: impl BufRead) -> Result<Vec<Line>, String> {
    let texts = lines
        .lines()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    let count = texts.len();
    let mut read = Vec::with_capacity(count);
    for (place, text) in texts.into_iter().enumerate() {
        match serde_json::from_str(&text) {
            Ok(line) => read.push(line),
            Err(_) if place + 1 == count => {}
            Err(error) => {
                return Err(format!(
                    "line {}: {error}; the log tells what must not be signed again, restore it or use another committer key",
                    place + 1
                ));
            }
        }
    }
    Ok(read)
}

/// The first line that holds one of the newest blocks.
fn first_kept(lines: &[Line]) -> usize {
    let mut blocks = 0;
    let old = lines.iter().rposition(|line| {
        blocks += line.hashes.len();
        blocks > KEPT_BLOCKS
    });
    old.map_or(0, |place| place + 1)
}

/// Writes the lines anew, whole or not at all, and opens the file for more.
fn rewrite(path: &Path, lines: &[Line]) -> std::io::Result<File> {
    let aside = path.with_extension("log.new");
    let mut file = File::create(&aside)?;
    for line in lines {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        file.write_all(&text)?;
    }
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    if let Some(directory) = path.parent().filter(|at| !at.as_os_str().is_empty()) {
        File::open(directory)?.sync_all()?;
    }
    OpenOptions::new().append(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;

    fn signatory() -> Signatory {
        let key = secp256k1::SecretKey::from_slice(&[7; 32]).unwrap();
        let address = Signature::sign(B256::ZERO, &key)
            .recover(B256::ZERO)
            .unwrap();
        Signatory::new(address, move |digest| Signature::sign(digest, &key))
    }

    fn batch(first: u64, last: u64, base: u8) -> Batch {
        Batch {
            base: B256::repeat_byte(base),
            window: 9,
            parentBatch: B256::ZERO,
            firstBlock: first,
            lastBlock: last,
            parentBlockHash: B256::ZERO,
            lastBlockHash: B256::ZERO,
            blocksRoot: B256::ZERO,
            lastFrag: B256::ZERO,
            lastOriginNumber: 0,
            lastOriginHash: B256::ZERO,
            blobHashes: Vec::new(),
        }
    }

    fn hashes(first: u64, last: u64) -> Vec<B256> {
        (first..=last)
            .map(|number| keccak256(number.to_be_bytes()))
            .collect()
    }

    #[test]
    fn after_a_crash_no_batch_is_signed_that_contradicts_one_signed_before_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signed.log");
        let sign = |log: &mut SignedLog, batch: &Batch, hashes: &[B256]| {
            log.sign(batch, hashes, &signatory(), B256::repeat_byte(1))
        };
        let mut log = SignedLog::open(&path).unwrap();
        sign(&mut log, &batch(1, 4, 7), &hashes(1, 4)).unwrap();
        drop(log);

        let mut log = SignedLog::open(&path).unwrap();
        // The same blocks again, others around them: honest.
        let again = sign(&mut log, &batch(3, 6, 7), &hashes(3, 6)).unwrap();
        let digest = Domain::digest_of(B256::repeat_byte(1), batch(3, 6, 7).eip712_hash_struct());
        assert_eq!(again.recover(digest).unwrap(), signatory().address());
        let mut other = hashes(5, 6);
        other[1] = B256::ZERO;
        assert!(matches!(
            sign(&mut log, &batch(5, 6, 7), &other),
            Err(SignError::Contradiction { number: 6, .. })
        ));
        // Under another Base another content is honest (R2).
        sign(&mut log, &batch(5, 6, 8), &other).unwrap();
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_dropped_and_a_broken_one_in_the_middle_stops_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("signed.log");
        let mut log = SignedLog::open(&path).unwrap();
        for first in [1, 3] {
            log.sign(
                &batch(first, first + 1, 7),
                &hashes(first, first + 1),
                &signatory(),
                B256::ZERO,
            )
            .unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        let log = SignedLog::open(&path).unwrap();
        assert_eq!(log.signed.len(), 2);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);

        std::fs::write(&path, format!("{}\n{text}", &text[5..40])).unwrap();
        let error = SignedLog::open(&path).unwrap_err().to_string();
        assert!(error.contains("line 1"), "{error}");
    }
}
