//! `chain.json` in the data directory: the constants the chain was created with.

use alloy_primitives::B256;
use forebond_rollup::op::ChainConfig;
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

const NAME: &str = "chain.json";

/// What a chain was created with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainFile {
    /// Its constants.
    pub chain: ChainConfig,
    /// A random number drawn once; it goes into genesis, so no two chains share a signing domain.
    pub seed: B256,
}

/// Why the chain file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ChainFileError {
    /// The file system failed.
    #[error("cannot use {path}: {reason}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// Not the JSON of a chain.
    #[error(
        "{path} does not describe a chain: {reason}; restore it from a copy of the data directory"
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: serde_json::Error,
    },
    /// The chain exists with another constant.
    #[error(
        "the chain in {dir} was created with {what} {have}, and {want} was asked for; use another --data-dir for another \
         chain, or drop the setting"
    )]
    Differs {
        /// The data directory.
        dir: PathBuf,
        /// The constant.
        what: &'static str,
        /// As created.
        have: u64,
        /// As asked for.
        want: u64,
    },
}

/// The constants of the chain in `dir`; writes `wanted` durably if there is no chain yet. Its
/// genesis time is only used then.
pub fn load_or_create(dir: &Path, wanted: &ChainConfig) -> Result<ChainFile, ChainFileError> {
    let path = dir.join(NAME);
    let io = |reason| ChainFileError::Io {
        path: path.clone(),
        reason,
    };
    match std::fs::read(&path) {
        Ok(bytes) => {
            let file: ChainFile =
                serde_json::from_slice(&bytes).map_err(|reason| ChainFileError::Json {
                    path: path.clone(),
                    reason,
                })?;
            let have = &file.chain;
            let pairs = [
                ("chain id", have.chain_id, wanted.chain_id),
                (
                    "a block time (s) of",
                    have.block_time_s,
                    wanted.block_time_s,
                ),
                ("a gas limit of", have.gas_limit, wanted.gas_limit),
            ];
            for (what, have, want) in pairs {
                if have != want {
                    return Err(ChainFileError::Differs {
                        dir: dir.into(),
                        what,
                        have,
                        want,
                    });
                }
            }
            Ok(file)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let created = ChainFile {
                chain: wanted.clone(),
                seed: B256::from(rand::random::<[u8; 32]>()),
            };
            let json =
                serde_json::to_vec_pretty(&created).map_err(|reason| ChainFileError::Json {
                    path: path.clone(),
                    reason,
                })?;
            let unfinished = dir.join("chain.json.new");
            let write = || -> std::io::Result<()> {
                let mut file = File::create(&unfinished)?;
                file.write_all(&json)?;
                file.sync_all()?;
                std::fs::rename(&unfinished, &path)?;
                File::open(dir)?.sync_all()
            };
            write().map_err(io)?;
            Ok(created)
        }
        Err(reason) => Err(io(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_start_fixes_the_constants_and_a_later_one_may_not_change_them() {
        let dir = tempfile::tempdir().unwrap();
        let first = load_or_create(dir.path(), &ChainConfig::dev(1000, 1)).unwrap();
        let again = load_or_create(dir.path(), &ChainConfig::dev(2000, 1)).unwrap();
        assert_eq!(first, again);
        let other = load_or_create(dir.path(), &ChainConfig::dev(2000, 2));
        assert!(matches!(
            other,
            Err(ChainFileError::Differs {
                have: 1,
                want: 2,
                ..
            })
        ));
    }
}
