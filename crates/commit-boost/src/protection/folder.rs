//! The directory: one process at a time, and a database that is never begun anew by accident.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{Read, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use redb::{Builder, Database, DatabaseError};

use super::ProtectionError;

const FILE: &str = "commitments.redb";
const CACHE_BYTES: usize = 16 << 20;

/// Exclusive use of the directory while it lives; the system lets go when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Folder {
    _lock: File,
    path: PathBuf,
}

impl Folder {
    pub(super) fn lock(dir: &Path) -> Result<Self, ProtectionError> {
        make(dir).map_err(ProtectionError::storage)?;
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join("LOCK"))
            .map_err(ProtectionError::storage)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ProtectionError::InUse {
                    dir: dir.to_owned(),
                    pid: pid(&mut lock),
                });
            }
            Err(TryLockError::Error(error)) => return Err(ProtectionError::storage(error)),
        }
        lock.set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(ProtectionError::storage)?;
        Ok(Self {
            _lock: lock,
            path: dir.join(FILE),
        })
    }

    /// Opens the database; `found` is called for one that is not there yet, and it comes into being whole or not at all.
    pub(super) fn database(
        &self,
        found: impl FnOnce(&Database) -> Result<(), ProtectionError>,
    ) -> Result<Database, ProtectionError> {
        // A file that is there is a database that was used: empty or cut, it is damaged and not new.
        if !fs::exists(&self.path).map_err(ProtectionError::storage)? {
            let aside = self.path.with_extension("redb.new");
            if fs::exists(&aside).map_err(ProtectionError::storage)? {
                fs::remove_file(&aside).map_err(ProtectionError::storage)?;
            }
            let database = builder().create(&aside).map_err(ProtectionError::storage)?;
            found(&database)?;
            drop(database);
            fs::rename(&aside, &self.path).map_err(ProtectionError::storage)?;
            let dir = self.path.parent().unwrap_or(Path::new("."));
            File::open(dir)
                .and_then(|dir| dir.sync_all())
                .map_err(ProtectionError::storage)?;
        }
        builder().open(&self.path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => ProtectionError::InUse {
                dir: self.path.clone(),
                pid: "unknown".to_owned(),
            },
            other => ProtectionError::Damaged {
                what: self.path.display().to_string(),
                reason: other.to_string(),
            },
        })
    }
}

/// Makes the directory and those above it that are missing, each of them in its parent for good: a directory that a power
/// cut takes away would take all records with it, and look like a new one.
fn make(dir: &Path) -> std::io::Result<()> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|at| !at.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    for made in missing {
        let parent = made.parent().filter(|at| !at.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

pub(super) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn pid(lock: &mut File) -> String {
    let mut text = String::new();
    // A pid that cannot be read only makes the message poorer.
    let _ = lock.take(32).read_to_string(&mut text);
    let pid = text.trim();
    if pid.is_empty() || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
        return "unknown".to_owned();
    }
    pid.to_owned()
}
