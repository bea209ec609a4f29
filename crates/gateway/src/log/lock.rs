//! One process per directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why a directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error(
        "the directory {dir} is in use by process {pid}; stop that process first, or give this one a directory of its own"
    )]
    Held {
        /// The directory asked for.
        dir: PathBuf,
        /// The process id its holder wrote into the lock file, or `unknown`.
        pid: String,
    },
    /// The operating system refused.
    #[error(
        "could not lock {path}: {source}; check the permissions and that the file system supports locks"
    )]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the operating system answered.
        source: io::Error,
    },
}

/// Exclusive use of a directory for as long as the value lives. The operating system lets go of
/// the lock when the process ends, however it ends.
#[derive(Debug)]
pub struct DirLock {
    // Holding the open file is holding the lock.
    _file: File,
    dir: PathBuf,
}

impl DirLock {
    /// Locks `dir` through its file `LOCK`, creating both if they do not exist, and writes this
    /// process's id into the file. Never waits.
    ///
    /// # Errors
    /// [`LockError::Held`] if another holder is alive, in this process or another;
    /// [`LockError::Io`] if the directory or file cannot be used.
    pub fn acquire(dir: &Path) -> Result<Self, LockError> {
        let path = dir.join("LOCK");
        let refused = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        fs::create_dir_all(dir).map_err(refused)?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    dir: dir.to_path_buf(),
                    pid: read_pid(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(refused(source)),
        }
        file.set_len(0).map_err(refused)?;
        writeln!(file, "{}", std::process::id()).map_err(refused)?;
        // The file stays when the lock is dropped: removing it would let two processes lock two
        // files of the same name.
        Ok(Self {
            _file: file,
            dir: dir.to_path_buf(),
        })
    }

    /// The locked directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

fn read_pid(file: &mut File) -> String {
    let mut text = String::new();
    // A pid that cannot be read only makes the message poorer.
    let _ = file.take(32).read_to_string(&mut text);
    let pid = text.trim();
    if pid.is_empty() || !pid.bytes().all(|byte| byte.is_ascii_digit()) {
        return "unknown".to_owned();
    }
    pid.to_owned()
}
