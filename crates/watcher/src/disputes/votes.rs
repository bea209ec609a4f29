use std::path::Path;

use alloy_primitives::B256;
use redb::{Database, ReadableTable, TableDefinition};

/// Batch id and hash → the vote.
const VOTES: TableDefinition<'_, &[u8], bool> = TableDefinition::new("votes");
/// Name of the file in its directory.
const FILE_NAME: &str = "votes.redb";

/// Why a vote is not given.
#[derive(Debug, thiserror::Error)]
pub enum VoteLogError {
    /// The file cannot be used.
    #[error("{file}: {reason}; without it no vote is given")]
    File {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// It would contradict an earlier one: the bond would burn.
    #[error(
        "batch {id} with the hash {hash} was voted {} before; nothing else is signed",
        if *before { "void" } else { "true" }
    )]
    Voted {
        /// The batch.
        id: u32,
        /// Its hash.
        hash: B256,
        /// Whether it was held void.
        before: bool,
    },
}

/// Votes given, on disk before they are signed: nobody who attests signs both answers, whatever becomes of its derivation.
#[derive(Debug)]
pub struct VoteLog {
    database: Database,
    file: String,
}

impl VoteLog {
    /// Opens or makes the log in a directory.
    ///
    /// # Errors
    /// [`VoteLogError::File`].
    pub fn open(dir: &Path) -> Result<Self, VoteLogError> {
        let path = dir.join(FILE_NAME);
        let file = path.display().to_string();
        let made = std::fs::create_dir_all(dir).map_err(|error| error.to_string());
        let database =
            made.and_then(|()| Database::create(&path).map_err(|error| error.to_string()));
        match database {
            Ok(database) => Ok(Self { database, file }),
            Err(reason) => Err(VoteLogError::File { file, reason }),
        }
    }

    /// Notes a vote; it may be signed when this returns.
    ///
    /// # Errors
    /// [`VoteLogError::Voted`] when the other answer was noted before.
    pub fn note(&self, id: u32, hash: B256, is_void: bool) -> Result<(), VoteLogError> {
        let mut key = id.to_be_bytes().to_vec();
        key.extend(hash);
        let before = self.write(&key, is_void);
        match before.map_err(|reason| VoteLogError::File {
            file: self.file.clone(),
            reason,
        })? {
            Some(before) if before != is_void => Err(VoteLogError::Voted { id, hash, before }),
            _ => Ok(()),
        }
    }

    /// What was noted before; notes the vote if nothing was.
    fn write(&self, key: &[u8], is_void: bool) -> Result<Option<bool>, String> {
        let words = |error: redb::Error| error.to_string();
        let transaction = self
            .database
            .begin_write()
            .map_err(|error| words(error.into()))?;
        let before = {
            let mut table = transaction
                .open_table(VOTES)
                .map_err(|error| words(error.into()))?;
            let before = table
                .get(key)
                .map_err(|error| words(error.into()))?
                .map(|vote| vote.value());
            if before.is_none() {
                table
                    .insert(key, is_void)
                    .map_err(|error| words(error.into()))?;
            }
            before
        };
        transaction.commit().map_err(|error| words(error.into()))?;
        Ok(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_answer_is_never_signed_even_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let hash = B256::repeat_byte(5);
        {
            let log = VoteLog::open(dir.path()).unwrap();
            log.note(7, hash, true).unwrap();
            log.note(7, hash, true).unwrap();
        }
        let log = VoteLog::open(dir.path()).unwrap();
        assert!(matches!(
            log.note(7, hash, false),
            Err(VoteLogError::Voted { before: true, .. })
        ));
        log.note(7, hash, true).unwrap();
        log.note(7, B256::repeat_byte(6), false).unwrap();
    }
}
