//! The promise log as bytes on disk, for tests that damage it.

use super::Home;
use std::{
    fs::{File, OpenOptions},
    os::unix::fs::FileExt,
    path::PathBuf,
};

/// Bytes before the first record of a segment.
const HEADER_BYTES: u64 = 4096;

/// The newest segment that holds records.
pub struct LogFiles {
    path: PathBuf,
    /// Where its records end, bytes, rounded up to where the next one would start.
    pub end: u64,
}

impl LogFiles {
    /// Looks at the log of a gateway that does not run.
    pub fn of(home: &Home) -> Self {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(home.data().join("log"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "seg"))
            .collect();
        paths.sort();
        // The last file may be one that was made ready and is not used yet: only zeros.
        let used = paths.into_iter().rev().find_map(|path| {
            let bytes = std::fs::read(&path).unwrap();
            let last = bytes.iter().rposition(|byte| *byte != 0)? as u64;
            (last >= HEADER_BYTES).then_some((path, (last + 1).next_multiple_of(8)))
        });
        let (path, end) = used.unwrap();
        Self { path, end }
    }

    /// A place in the middle of the records.
    pub fn middle(&self) -> u64 {
        HEADER_BYTES + (self.end - HEADER_BYTES) / 2
    }

    pub fn bytes_at(&self, offset: u64, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.file().read_exact_at(&mut bytes, offset).unwrap();
        bytes
    }

    pub fn write_at(&self, offset: u64, bytes: &[u8]) {
        self.file().write_all_at(bytes, offset).unwrap();
    }

    pub fn truncate(&self, bytes: u64) {
        self.file().set_len(bytes).unwrap();
    }

    pub fn length(&self) -> u64 {
        self.file().metadata().unwrap().len()
    }

    fn file(&self) -> File {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&self.path)
            .unwrap()
    }
}
