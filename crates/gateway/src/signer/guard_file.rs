//! Where the guard's record lives: a small file outside the data directory, one for each key and
//! signing domain, so that restoring an old copy of the data directory cannot restore it, too.
//!
//! It is written before every signature. A write that reached the kernel survives `kill -9`; the
//! file is also synced now and then, for the power cut. After a power cut it may be behind the
//! promise log, which is synced before every signature, and being behind is harmless.

use alloy_primitives::{Address, B256, hex};
use forebond_protocol::GuardRecord;
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const MAGIC: &[u8; 8] = b"FBGUARD1";
const SLOT_BYTES: usize = 256;
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open guard file.
#[derive(Debug)]
pub struct GuardFile {
    path: PathBuf,
    file: File,
    /// Counts writes; the two slots are written in turn, so a torn write leaves the other one.
    writes: u64,
    last_sync: Instant,
}

/// Why the guard file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GuardFileError {
    /// The file system failed.
    #[error(
        "the signing guard's file {path} cannot be used: {reason}; signing without it could sign twice"
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// Another process has it.
    #[error(
        "the signing guard's file {0} is in use: another gateway runs with the same key and rollup; stop it first"
    )]
    InUse(PathBuf),
    /// Neither slot is valid although the file is not new.
    #[error(
        "the signing guard's file {0} is damaged; do not delete it while its window lasts: signing could sign twice. Wait for the next window, or restore the file"
    )]
    Damaged(PathBuf),
}

impl GuardFile {
    /// Opens (or creates) the file of `committer` in the signing domain with this separator, and
    /// reads the newest record.
    pub fn open(
        dir: &Path,
        committer: Address,
        separator: B256,
    ) -> Result<(Self, GuardRecord), GuardFileError> {
        let name = format!(
            "{}-{}.guard",
            hex::encode(committer),
            hex::encode(&separator[..8])
        );
        let path = dir.join(name);
        let io = |reason| GuardFileError::Io {
            path: path.clone(),
            reason,
        };
        std::fs::create_dir_all(dir).map_err(io)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(GuardFileError::InUse(path)),
            Err(std::fs::TryLockError::Error(reason)) => return Err(io(reason)),
        }
        let length = file.metadata().map_err(io)?.len();
        let mut newest: Option<(u64, GuardRecord)> = None;
        for slot in 0..2 {
            let mut bytes = [0u8; SLOT_BYTES];
            if length >= (slot + 1) * SLOT_BYTES as u64 {
                file.read_exact_at(&mut bytes, slot * SLOT_BYTES as u64)
                    .map_err(io)?;
                if let Some(found) = decode(&bytes) {
                    newest = newest.filter(|n| n.0 > found.0).or(Some(found));
                }
            }
        }
        let (writes, record) = match newest {
            Some(found) => found,
            None if length == 0 => (0, GuardRecord::default()),
            None => return Err(GuardFileError::Damaged(path)),
        };
        if length == 0 {
            // The name must survive a power cut, too.
            File::open(dir).and_then(|dir| dir.sync_all()).map_err(io)?;
        }
        Ok((
            Self {
                path,
                file,
                writes,
                last_sync: Instant::now(),
            },
            record,
        ))
    }

    /// Keeps `record`. After this returns, the process may be killed.
    pub fn keep(&mut self, record: &GuardRecord) -> Result<(), GuardFileError> {
        let next = self.writes.saturating_add(1);
        let slot = (next % 2) * SLOT_BYTES as u64;
        let io = |reason| GuardFileError::Io {
            path: self.path.clone(),
            reason,
        };
        self.file
            .write_all_at(&encode(next, record), slot)
            .map_err(io)?;
        self.writes = next;
        if self.last_sync.elapsed() >= SYNC_EVERY {
            self.last_sync = Instant::now();
            // On its own thread: the promise log's sync already protects against the power cut.
            if let Ok(file) = self.file.try_clone() {
                std::thread::spawn(move || file.sync_data());
            }
        }
        Ok(())
    }
}

fn encode(writes: u64, record: &GuardRecord) -> [u8; SLOT_BYTES] {
    let mut fields: Vec<u8> = Vec::with_capacity(SLOT_BYTES);
    fields.extend_from_slice(MAGIC);
    fields.extend_from_slice(&writes.to_le_bytes());
    let mut optional = |flag: bool, number: u64, extra: u8, hash: B256| {
        fields.push(u8::from(flag));
        fields.push(extra);
        fields.extend_from_slice(&number.to_le_bytes());
        fields.extend_from_slice(hash.as_slice());
    };
    let (window, attempt, hash) = record.base.unwrap_or_default();
    optional(record.base.is_some(), window, attempt, hash);
    let (sequence, hash) = record.frag.unwrap_or_default();
    optional(record.frag.is_some(), u64::from(sequence), 0, hash);
    let (block, hash) = record.seal.unwrap_or_default();
    optional(record.seal.is_some(), block, 0, hash);
    let mut slot = [0u8; SLOT_BYTES];
    slot[..fields.len()].copy_from_slice(&fields);
    let checksum = crc32c::crc32c(&slot[..SLOT_BYTES - 4]);
    slot[SLOT_BYTES - 4..].copy_from_slice(&checksum.to_le_bytes());
    slot
}

fn decode(slot: &[u8; SLOT_BYTES]) -> Option<(u64, GuardRecord)> {
    let (body, checksum) = slot.split_last_chunk::<4>()?;
    if crc32c::crc32c(body).to_le_bytes() != *checksum {
        return None;
    }
    let rest = body.strip_prefix(MAGIC)?;
    let (writes, mut rest) = rest.split_first_chunk::<8>()?;
    let mut optional = || {
        let (head, tail) = rest.split_first_chunk::<42>()?;
        rest = tail;
        let [flag, extra, number @ ..] = head;
        let number_bytes: [u8; 8] = number.get(..8)?.try_into().ok()?;
        let hash = B256::from_slice(number.get(8..40)?);
        Some((*flag == 1, *extra, u64::from_le_bytes(number_bytes), hash))
    };
    let base = optional()?;
    let frag = optional()?;
    let seal = optional()?;
    let record = GuardRecord {
        base: base.0.then_some((base.2, base.1, base.3)),
        frag: if frag.0 {
            Some((u32::try_from(frag.2).ok()?, frag.3))
        } else {
            None
        },
        seal: seal.0.then_some((seal.2, seal.3)),
    };
    Some((u64::from_le_bytes(*writes), record))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8) -> GuardRecord {
        GuardRecord {
            base: Some((u64::MAX, 1, B256::repeat_byte(n))),
            frag: Some((u32::from(n), B256::repeat_byte(n + 1))),
            seal: Some((u64::from(n) + 7, B256::repeat_byte(n + 2))),
        }
    }

    #[test]
    fn the_newest_record_comes_back_and_a_torn_slot_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let open = || GuardFile::open(dir.path(), Address::repeat_byte(1), B256::repeat_byte(2));
        let (mut file, kept) = open().unwrap();
        assert_eq!(kept, GuardRecord::default());
        for n in 1..=5 {
            file.keep(&record(n)).unwrap();
        }
        let path = file.path.clone();
        drop(file);
        assert_eq!(open().unwrap().1, record(5));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[SLOT_BYTES + 20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(open().unwrap().1, record(4));
    }

    #[test]
    fn a_second_gateway_with_the_same_key_and_rollup_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = |domain| {
            GuardFile::open(
                dir.path(),
                Address::repeat_byte(1),
                B256::repeat_byte(domain),
            )
        };
        let _first = open(2).unwrap();
        assert!(matches!(open(2), Err(GuardFileError::InUse(_))));
        assert!(open(3).is_ok());
    }

    #[test]
    fn a_damaged_file_is_not_taken_for_a_new_one() {
        let dir = tempfile::tempdir().unwrap();
        let open = || GuardFile::open(dir.path(), Address::repeat_byte(1), B256::repeat_byte(2));
        let (mut file, _) = open().unwrap();
        file.keep(&record(1)).unwrap();
        let path = file.path.clone();
        drop(file);
        std::fs::write(&path, vec![0u8; 512]).unwrap();
        assert!(matches!(open(), Err(GuardFileError::Damaged(_))));
    }
}
