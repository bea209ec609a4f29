//! `delegations.jsonl`: each message is here, synced, before its signature is asked for. The protection database keeps what was
//! signed by its hash; here it is in words, so that after a restart with another configuration the first message stands and is shown.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use forebond_beacon::{bls::PublicKeyBytes, signing::fabric::SlotDelegation};
use serde::{Deserialize, Serialize};

use crate::duties::slots::SlotMessage;

const FILE: &str = "delegations.jsonl";
/// Longest line that is read, bytes.
const MAX_LINE: u64 = 64 << 10;
/// Messages that are kept; beyond them the oldest slots leave. A day of mainnet has 7,200 slots.
const KEPT: usize = 8_192;

/// Why the log cannot be used. Nothing is signed then.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// Disk or file system.
    #[error("{path}: {reason}; without it nothing is signed")]
    Storage {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: std::io::Error,
    },
    /// A line in the middle that is none.
    #[error(
        "{path}, line {line}: {reason}; the file is damaged: move it away once the slots in it are over, the protection database still knows what was signed"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which line, from 1 on.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    gateway: u32,
    message: SlotDelegation,
}

/// The first message of each slot and validator.
#[derive(Debug)]
pub struct MessageLog {
    path: PathBuf,
    file: File,
    messages: BTreeMap<(u64, PublicKeyBytes), SlotMessage>,
    /// Lines in the file.
    lines: usize,
    /// Why it cannot be written any more: what is on disk is not known.
    broken: bool,
}

impl MessageLog {
    /// Opens the log in `dir`, which must be locked by the protection database. A last line that was cut off by a crash is dropped:
    /// nothing was signed for it.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn open(dir: &Path) -> Result<Self, LogError> {
        let path = dir.join(FILE);
        let failed = |reason| LogError::Storage {
            path: path.clone(),
            reason,
        };
        let messages = match File::open(&path) {
            Ok(file) => read(&path, file)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(failed(error)),
        };
        let mut log = Self {
            file: rewritten(&path, dir, &messages).map_err(failed)?,
            lines: messages.len(),
            messages,
            path,
            broken: false,
        };
        log.shrink();
        Ok(log)
    }

    /// Counts the messages in `dir` without changing anything.
    ///
    /// # Errors
    /// As [`Self::open`]'s.
    pub fn check(dir: &Path) -> Result<usize, LogError> {
        let path = dir.join(FILE);
        match File::open(&path) {
            Ok(file) => Ok(read(&path, file)?.len()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(reason) => Err(LogError::Storage { path, reason }),
        }
    }

    /// The first message for this slot and validator.
    #[must_use]
    pub fn first(&self, slot: u64, proposer: PublicKeyBytes) -> Option<&SlotMessage> {
        self.messages.get(&(slot, proposer))
    }

    /// Keeps a message, unless there is one for its slot and validator; returns the first one, which is on disk, synced.
    ///
    /// # Errors
    /// [`LogError::Storage`]; then nothing may be signed.
    pub fn keep(&mut self, message: SlotMessage) -> Result<SlotMessage, LogError> {
        let key = (message.message.slot, message.message.proposer);
        if let Some(first) = self.messages.get(&key) {
            return Ok(first.clone());
        }
        let failed = |reason| LogError::Storage {
            path: self.path.clone(),
            reason,
        };
        if self.broken {
            let reason = "an earlier write failed; restart once the disk is well";
            return Err(failed(std::io::Error::other(reason)));
        }
        let line = Line {
            gateway: message.gateway,
            message: message.message.clone(),
        };
        let mut text = serde_json::to_string(&line).map_err(|error| failed(error.into()))?;
        text.push('\n');
        let written = self
            .file
            .write_all(text.as_bytes())
            .and_then(|()| self.file.sync_data());
        if let Err(reason) = written {
            let error = failed(reason);
            self.broken = true;
            return Err(error);
        }
        self.lines = self.lines.saturating_add(1);
        self.messages.insert(key, message.clone());
        self.shrink();
        Ok(message)
    }

    /// Forgets the oldest, and writes the file anew when most of it is forgotten. A failure to do so is no loss.
    fn shrink(&mut self) {
        while self.messages.len() > KEPT {
            self.messages.pop_first();
        }
        if self.lines <= 2 * KEPT || self.broken {
            return;
        }
        let dir = self.path.parent().unwrap_or(Path::new("."));
        match rewritten(&self.path, dir, &self.messages) {
            Ok(file) => {
                self.file = file;
                self.lines = self.messages.len();
            }
            // The old file may be gone from under our handle.
            Err(error) => {
                self.broken = true;
                tracing::error!(%error, path = %self.path.display(), "the log of signed slots can't be shortened");
            }
        }
    }
}

fn read(path: &Path, file: File) -> Result<BTreeMap<(u64, PublicKeyBytes), SlotMessage>, LogError> {
    let failed = |reason| LogError::Storage {
        path: path.to_owned(),
        reason,
    };
    let mut reader = BufReader::new(file);
    let mut messages = BTreeMap::new();
    for number in 1.. {
        let mut line = Vec::new();
        let length = (&mut reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(failed)?;
        if length == 0 {
            break;
        }
        let is_last = reader.fill_buf().map_err(failed)?.is_empty();
        if line.last() != Some(&b'\n') && is_last {
            break;
        }
        let parsed: Line = serde_json::from_slice(&line).map_err(|error| LogError::Damaged {
            path: path.to_owned(),
            line: number,
            reason: error.to_string(),
        })?;
        let message = SlotMessage {
            gateway: parsed.gateway,
            message: parsed.message,
        };
        messages
            .entry((message.message.slot, message.message.proposer))
            .or_insert(message);
        if messages.len() > KEPT {
            messages.pop_first();
        }
    }
    Ok(messages)
}

/// The file with these messages and nothing else; it takes the old one's place whole or not at all.
fn rewritten(
    path: &Path,
    dir: &Path,
    messages: &BTreeMap<(u64, PublicKeyBytes), SlotMessage>,
) -> std::io::Result<File> {
    let aside = path.with_extension("jsonl.new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&aside)?;
    for message in messages.values() {
        let line = Line {
            gateway: message.gateway,
            message: message.message.clone(),
        };
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
    }
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    File::open(dir)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use alloy_primitives::{Address, Bytes};

    fn message(slot: u64, gateway: u32) -> SlotMessage {
        SlotMessage {
            gateway,
            message: SlotDelegation {
                proposer: PublicKeyBytes::repeat_byte(1),
                delegate: PublicKeyBytes::repeat_byte(2),
                committer: Address::repeat_byte(3),
                slot,
                metadata: Bytes::from_static(b"m"),
            },
        }
    }

    #[test]
    fn the_first_message_of_a_slot_stands_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = MessageLog::open(dir.path()).unwrap();
        assert_eq!(log.keep(message(5, 1)).unwrap(), message(5, 1));
        assert_eq!(log.keep(message(5, 2)).unwrap(), message(5, 1));
        drop(log);
        let mut log = MessageLog::open(dir.path()).unwrap();
        assert_eq!(log.keep(message(5, 3)).unwrap(), message(5, 1));
        assert_eq!(log.keep(message(6, 3)).unwrap(), message(6, 3));
    }

    #[test]
    fn a_line_cut_off_by_a_crash_is_dropped_and_one_in_the_middle_is_damage() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = MessageLog::open(dir.path()).unwrap();
        log.keep(message(5, 1)).unwrap();
        drop(log);
        let path = dir.path().join(FILE);
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..whole.len() {
            let mut bytes = whole.clone();
            bytes.extend_from_slice(&whole[..cut]);
            std::fs::write(&path, &bytes).unwrap();
            let log = MessageLog::open(dir.path()).unwrap();
            assert_eq!(log.messages.len(), 1, "{cut}");
        }
        std::fs::write(&path, [&b"{}\n"[..], &whole].concat()).unwrap();
        let refused = MessageLog::open(dir.path());
        assert!(matches!(refused, Err(LogError::Damaged { line: 1, .. })));
    }

    #[test]
    fn memory_and_file_are_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = MessageLog::open(dir.path()).unwrap();
        for slot in 0..KEPT as u64 {
            let one = message(slot, 1);
            log.messages.insert((slot, one.message.proposer), one);
        }
        log.lines = 2 * KEPT;
        log.keep(message(KEPT as u64, 1)).unwrap();
        assert_eq!((log.messages.len(), log.lines), (KEPT, KEPT));
        assert!(log.first(0, PublicKeyBytes::repeat_byte(1)).is_none());
        drop(log);
        assert_eq!(MessageLog::open(dir.path()).unwrap().messages.len(), KEPT);
    }
}
