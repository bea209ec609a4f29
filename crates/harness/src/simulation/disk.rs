//! What a process keeps when it dies: its database as it lies in the file, its promise log up to the last sync or a little further,
//! the guard's record, its checkpoint.

use super::chance::Chance;
use eyre::WrapErr;
use forebond_follower::Checkpoint;
use forebond_protocol::GuardRecord;
use std::path::PathBuf;

/// One process's disk.
#[derive(Debug)]
pub(crate) struct Disk {
    root: tempfile::TempDir,
    generation: u32,
    /// Kind and payload of each record.
    pub(crate) log: Vec<(u8, Vec<u8>)>,
    synced: usize,
    pub(crate) guard: GuardRecord,
    pub(crate) checkpoint: Option<Checkpoint>,
}

impl Disk {
    pub(crate) fn new() -> eyre::Result<Self> {
        let memory = PathBuf::from("/dev/shm");
        let root = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        Ok(Self {
            root: root.wrap_err("a directory for a process")?,
            generation: 0,
            log: Vec::new(),
            synced: 0,
            guard: GuardRecord::default(),
            checkpoint: None,
        })
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.root.path().join(format!("state-{}", self.generation))
    }

    /// Appends a record; gives its position, from 1.
    pub(crate) fn append(&mut self, (kind, payload): (u8, Vec<u8>)) -> u64 {
        self.log.push((kind, payload));
        self.log.len() as u64
    }

    pub(crate) const fn sync(&mut self) {
        self.synced = self.log.len();
    }

    /// The process dies now, with its database still open: what the file says at this moment is what is left.
    pub(crate) fn crash(&mut self, chance: &mut Chance) -> eyre::Result<()> {
        let from = self.state_dir();
        self.generation = self.generation.saturating_add(1);
        let to = self.state_dir();
        std::fs::create_dir_all(&to)?;
        for file in std::fs::read_dir(&from)? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), to.join(file.file_name()))?;
            }
        }
        let unsynced = self.log.len().saturating_sub(self.synced);
        let kept = self
            .synced
            .saturating_add(chance.place(unsynced.saturating_add(1)));
        self.log.truncate(kept);
        self.synced = kept;
        Ok(())
    }

    /// Everything but the guard's record, which lies elsewhere, is lost.
    pub(crate) fn lose(&mut self) {
        self.generation = self.generation.saturating_add(1);
        self.log.clear();
        self.synced = 0;
        self.checkpoint = None;
    }

    /// The database of the process before is not needed any more.
    pub(crate) fn forget_before(&self) {
        if let Some(before) = self.generation.checked_sub(1) {
            // What is left over goes with the directory.
            let _ = std::fs::remove_dir_all(self.root.path().join(format!("state-{before}")));
        }
    }
}
