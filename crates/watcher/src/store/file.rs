use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use forebond_evidence::{Accusation, FaultKind};
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::codec::{self, CodecError};

/// Fault id → accusation.
const CASES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("cases");
/// Name of the file in its directory.
const FILE_NAME: &str = "cases.redb";
/// Judges read no more (`Trials.sol`).
const MOST_EVIDENCE_BYTES: usize = 256 * 1024;

/// Why a case is not kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be used.
    #[error("{path}: {reason}; is another watcher running on this directory?")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A row cannot be read.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// No judge reads so much.
    #[error("evidence of {got} bytes; a judge reads {MOST_EVIDENCE_BYTES} at most")]
    TooLarge {
        /// Its size.
        got: usize,
    },
    /// Nothing here is worth less.
    #[error("{most} cases are open, and none of them is worth less than this one")]
    Full {
        /// The bound.
        most: u64,
    },
}

/// What became of an accusation that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is on disk.
    New,
    /// The fault was on disk already, with evidence as good as this.
    Known,
    /// It is on disk in the place of this one, which was worth less.
    InPlaceOf(B256),
}

/// Open cases. One process has the file; what [`Self::add`] has answered survives a crash.
#[derive(Debug)]
pub struct CaseStore {
    database: Database,
    path: PathBuf,
    most_cases: u64,
}

impl CaseStore {
    /// Opens or makes the store in a directory. It keeps `most_cases` at most: when it is full, a case gives way to one of a dearer
    /// kind of fault, the oldest window first, and never the other way round.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn open(dir: &Path, most_cases: u64) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        std::fs::create_dir_all(dir).map_err(|error| refused(&path, error))?;
        let database = Database::create(&path).map_err(|error| refused(&path, error))?;
        let store = Self {
            database,
            path,
            most_cases,
        };
        store.write(|table| table.len().map(|_| ()).map_err(|error| error.to_string()))?;
        Ok(store)
    }

    /// Keeps an accusation; it is durable when this returns.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add(&self, accusation: &Accusation) -> Result<Added, StoreError> {
        let got = accusation.evidence.len();
        if got > MOST_EVIDENCE_BYTES {
            return Err(StoreError::TooLarge { got });
        }
        let all = self.all()?;
        if all.iter().any(|known| known.id == accusation.id) {
            return Ok(Added::Known);
        }
        let mut given_up = None;
        if all.len() as u64 >= self.most_cases {
            let cheapest = all
                .iter()
                .filter(|known| worth(known.kind) < worth(accusation.kind))
                .min_by_key(|known| (worth(known.kind), known.window));
            let full = StoreError::Full {
                most: self.most_cases,
            };
            given_up = Some(cheapest.ok_or(full)?.id);
        }
        self.write(|table| {
            if let Some(id) = given_up {
                table.remove(id.as_slice()).map_err(words)?;
            }
            let row = codec::encode(accusation);
            table
                .insert(accusation.id.as_slice(), row.as_slice())
                .map(|_| ())
                .map_err(words)
        })?;
        Ok(given_up.map_or(Added::New, Added::InPlaceOf))
    }

    /// Puts evidence that was built anew in the place of the old.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn replace(&self, accusation: &Accusation) -> Result<(), StoreError> {
        let row = codec::encode(accusation);
        self.write(|table| {
            table
                .insert(accusation.id.as_slice(), row.as_slice())
                .map(|_| ())
                .map_err(words)
        })
    }

    /// Forgets a case.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn remove(&self, id: B256) -> Result<(), StoreError> {
        self.write(|table| table.remove(id.as_slice()).map(|_| ()).map_err(words))
    }

    /// All cases.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<Accusation>, StoreError> {
        let rows = self.read().map_err(|reason| refused(&self.path, reason))?;
        rows.iter().map(|row| Ok(codec::decode(row)?)).collect()
    }

    fn read(&self) -> Result<Vec<Vec<u8>>, String> {
        let transaction = self.database.begin_read().map_err(words)?;
        let table = transaction.open_table(CASES).map_err(words)?;
        let rows = table.iter().map_err(words)?;
        rows.map(|row| row.map(|(_, value)| value.value().to_vec()).map_err(words))
            .collect()
    }

    /// One durable transaction: redb syncs before `commit` returns.
    fn write(
        &self,
        change: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static [u8]>) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        let attempt = || -> Result<(), String> {
            let transaction = self.database.begin_write().map_err(words)?;
            {
                let mut table = transaction.open_table(CASES).map_err(words)?;
                change(&mut table)?;
            }
            transaction.commit().map_err(words)
        };
        attempt().map_err(|reason| refused(&self.path, reason))
    }
}

/// What kinds of faults are worth to each other: the bond, a window, a promise.
const fn worth(kind: FaultKind) -> u8 {
    match kind {
        FaultKind::Lie
        | FaultKind::Fork
        | FaultKind::BrokenBase
        | FaultKind::FalseClaim
        | FaultKind::Order => 2,
        FaultKind::Late | FaultKind::DoubleDelegation => 1,
        FaultKind::Unkept | FaultKind::MissedSlot => 0,
    }
}

fn refused(path: &Path, reason: impl ToString) -> StoreError {
    StoreError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}

fn words(error: impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, Bytes};
    use forebond_evidence::{Culprit, Judge, Ripe};

    use super::*;

    fn accusation(judge: Judge, byte: u8, window: u64) -> Accusation {
        let operator = matches!(judge, Judge::MissedSlot | Judge::DoubleDelegation);
        Accusation {
            kind: judge.fault(),
            judge,
            id: B256::repeat_byte(byte),
            culprit: if operator {
                Culprit::Operator(Address::repeat_byte(byte))
            } else {
                Culprit::Gateway {
                    gateway: u32::from(byte),
                    base: B256::repeat_byte(0xba),
                }
            },
            rollup: Address::repeat_byte(0x1b),
            window,
            ripe: match judge {
                Judge::Unkept => Ripe::Confirmed { batch_id: 4 },
                _ => Ripe::AtOnce,
            },
            evidence: Bytes::from(vec![byte; 100]),
        }
    }

    #[test]
    fn every_kind_of_case_comes_back_after_a_restart_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let all: Vec<_> = (1u8..)
            .zip(Judge::ALL)
            .map(|(byte, judge)| accusation(judge, byte, 9))
            .collect();
        {
            let store = CaseStore::open(dir.path(), 100).unwrap();
            for one in &all {
                assert_eq!(store.add(one).unwrap(), Added::New);
                assert_eq!(store.add(one).unwrap(), Added::Known);
            }
        }
        let store = CaseStore::open(dir.path(), 100).unwrap();
        assert_eq!(store.all().unwrap(), all);
        store.remove(all[0].id).unwrap();
        assert_eq!(store.all().unwrap(), all[1..]);
    }

    #[test]
    fn a_full_store_gives_up_the_cheapest_and_never_the_dearer() {
        let dir = tempfile::tempdir().unwrap();
        let store = CaseStore::open(dir.path(), 2).unwrap();
        let (old, young) = (
            accusation(Judge::Unkept, 1, 5),
            accusation(Judge::Unkept, 2, 6),
        );
        store.add(&young).unwrap();
        store.add(&old).unwrap();
        let more = accusation(Judge::Unkept, 3, 7);
        assert!(matches!(
            store.add(&more),
            Err(StoreError::Full { most: 2 })
        ));
        let fork = accusation(Judge::Fork, 4, 7);
        assert_eq!(store.add(&fork).unwrap(), Added::InPlaceOf(old.id));
        let late = accusation(Judge::Late, 5, 7);
        assert_eq!(store.add(&late).unwrap(), Added::InPlaceOf(young.id));
        assert!(store.add(&more).is_err());
        let lie = accusation(Judge::Lie, 6, 7);
        assert_eq!(store.add(&lie).unwrap(), Added::InPlaceOf(late.id));
        let another = accusation(Judge::Order, 7, 7);
        assert!(store.add(&another).is_err(), "safety never gives way");
    }

    #[test]
    fn what_no_judge_reads_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = CaseStore::open(dir.path(), 2).unwrap();
        let mut large = accusation(Judge::Lie, 1, 5);
        large.evidence = vec![0; MOST_EVIDENCE_BYTES + 1].into();
        assert!(matches!(
            store.add(&large),
            Err(StoreError::TooLarge { .. })
        ));
    }

    #[test]
    fn two_processes_do_not_share_a_store() {
        let dir = tempfile::tempdir().unwrap();
        let _store = CaseStore::open(dir.path(), 2).unwrap();
        assert!(matches!(
            CaseStore::open(dir.path(), 2),
            Err(StoreError::File { .. })
        ));
    }
}
