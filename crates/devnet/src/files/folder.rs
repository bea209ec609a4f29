use std::{
    fs::{self, File, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

use eyre::{Result, WrapErr, bail};

use crate::config::DevnetConfig;

/// Says that a folder is a devnet's, and holds the process id of the one that runs there.
const MARK: &str = "devnet.lock";

/// The folder of a devnet, held for as long as it runs.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Takes the folder and removes what an earlier devnet left there: its L1 is gone, so its data is of a chain that no longer
    /// exists.
    ///
    /// # Errors
    /// When another devnet runs there, and for a folder that holds anything and was never a devnet's.
    pub(crate) fn take(config: &DevnetConfig) -> Result<Self> {
        let path = &config.data_dir;
        let mark = path.join(MARK);
        if !mark.exists() && fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) {
            bail!(
                "{} holds files and was never a devnet's; a devnet empties its folder: name another with --data-dir",
                path.display()
            );
        }
        fs::create_dir_all(path.join("logs"))
            .wrap_err_with(|| format!("cannot create {}", path.display()))?;
        let mut lock = File::options()
            .create(true)
            .append(true)
            .open(&mark)
            .wrap_err_with(|| format!("cannot open {}", mark.display()))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "a devnet runs in {} (process {}); end it, or name another folder with --data-dir",
                path.display(),
                fs::read_to_string(&mark).unwrap_or_default().trim()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).wrap_err_with(|| format!("cannot lock {}", mark.display()));
            }
        }
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())?;
        let folder = Self {
            path: path.canonicalize()?,
            _lock: lock,
        };
        folder.empty()?;
        Ok(folder)
    }

    /// Where it lies, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn empty(&self) -> Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if entry.file_name() == MARK {
                continue;
            }
            let path = entry.path();
            let removed = if entry.file_type()?.is_dir() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.wrap_err_with(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(fs::create_dir_all(self.path.join("logs"))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::usual;

    fn config(path: &Path) -> DevnetConfig {
        DevnetConfig {
            data_dir: path.to_owned(),
            ..usual()
        }
    }

    #[test]
    fn a_second_devnet_in_one_folder_hears_who_runs_there() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(&dir.path().join("d"));
        let first = Folder::take(&config).unwrap();
        let words = Folder::take(&config).unwrap_err().to_string();
        assert!(words.contains(&std::process::id().to_string()), "{words}");
        drop(first);
        Folder::take(&config).unwrap();
    }

    #[test]
    fn what_an_earlier_devnet_left_is_removed_and_nothing_of_anybody_else() {
        let dir = tempfile::tempdir().unwrap();
        let own = dir.path().join("own");
        drop(Folder::take(&config(&own)).unwrap());
        fs::create_dir(own.join("gateway-1")).unwrap();
        fs::write(own.join("gateway-1/log"), "old").unwrap();
        drop(Folder::take(&config(&own)).unwrap());
        assert!(!own.join("gateway-1").exists());

        let foreign = dir.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("thesis.tex"), "years of work").unwrap();
        let words = Folder::take(&config(&foreign)).unwrap_err().to_string();
        assert!(words.contains("--data-dir"), "{words}");
        assert!(foreign.join("thesis.tex").exists());
    }
}
