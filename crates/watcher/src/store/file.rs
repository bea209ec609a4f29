use std::path::{Path, PathBuf};

use alloy_primitives::B256;
use forebond_evidence::{Accusation, case::Stage};
use parking_lot::Mutex;
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::{
    codec::{self, CodecError},
    places::{NoPlace, Places},
    summary::{self, Ended, Summary},
};

/// Fault id → accusation.
const CASES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("cases");
/// Fault id → Unix milliseconds at which its case was opened.
const OPENED: TableDefinition<'_, &[u8], u64> = TableDefinition::new("opened");
/// Fault id → how its case ended.
const ENDED: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("ended");
/// Ended cases that are remembered; the oldest ending is forgotten first.
const MOST_ENDED: u64 = 4_096;
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
    /// One gateway's or operator's share is used up.
    #[error(
        "{most} cases of the same culprit are open, and none of them is worth less than this one"
    )]
    ShareFull {
        /// The bound.
        most: u64,
    },
}

impl From<NoPlace> for StoreError {
    fn from(no: NoPlace) -> Self {
        match no {
            NoPlace::Full(most) => Self::Full { most },
            NoPlace::ShareFull(most) => Self::ShareFull { most },
        }
    }
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
    places: Mutex<Places>,
}

impl CaseStore {
    /// Opens or makes the store in a directory. It keeps `most_cases` at most, and a quarter of that of one culprit: when it is full, a
    /// case gives way to one of a dearer kind of fault, the oldest window first, and never the other way round. What brings nothing
    /// gives way first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(dir: &Path, most_cases: u64) -> Result<Self, StoreError> {
        let path = dir.join(FILE_NAME);
        std::fs::create_dir_all(dir).map_err(|error| refused(&path, error))?;
        let database = Database::create(&path).map_err(|error| refused(&path, error))?;
        let store = Self {
            database,
            path,
            most_cases,
            places: Mutex::default(),
        };
        store.write(|_| Ok(()))?;
        for accusation in store.all()? {
            store.places.lock().take(&accusation);
        }
        Ok(store)
    }

    /// Keeps an accusation; it is durable when this returns. What has ended is known, too: no case is opened twice.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add(&self, accusation: &Accusation, now_ms: u64) -> Result<Added, StoreError> {
        let got = accusation.evidence.len();
        if got > MOST_EVIDENCE_BYTES {
            return Err(StoreError::TooLarge { got });
        }
        // Held until it is on disk: two that come at once may not get the same place.
        let mut places = self.places.lock();
        if self.knows(accusation.id)? {
            return Ok(Added::Known);
        }
        let given_up = places.room_for(accusation, self.most_cases)?;
        let row = codec::encode(accusation);
        self.write(|tables| {
            if let Some(id) = given_up {
                tables.cases.remove(id.as_slice()).map_err(words)?;
                tables.opened.remove(id.as_slice()).map_err(words)?;
            }
            let id = accusation.id;
            tables.opened.insert(id.as_slice(), now_ms).map_err(words)?;
            tables
                .cases
                .insert(id.as_slice(), row.as_slice())
                .map(|_| ())
                .map_err(words)
        })?;
        if let Some(id) = &given_up {
            places.leave(id);
        }
        places.take(accusation);
        Ok(given_up.map_or(Added::New, Added::InPlaceOf))
    }

    /// Notes whether an open case waits because there is nothing to take for it: then it gives way to any that brings something. Not
    /// on disk, for the next look tells it again.
    pub fn note_idle(&self, id: B256, is_idle: bool) {
        self.places.lock().note_idle(&id, is_idle);
    }

    /// Puts evidence that was built anew in the place of the old; nothing for a case that is not open.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn replace(&self, accusation: &Accusation) -> Result<(), StoreError> {
        let row = codec::encode(accusation);
        self.write(|tables| {
            let id = accusation.id;
            if tables.cases.get(id.as_slice()).map_err(words)?.is_none() {
                return Ok(());
            }
            tables
                .cases
                .insert(id.as_slice(), row.as_slice())
                .map(|_| ())
                .map_err(words)
        })
    }

    /// Ends a case: its evidence is forgotten, what became of it is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end(
        &self,
        accusation: &Accusation,
        stage: Stage,
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let id = accusation.id;
        let mut places = self.places.lock();
        self.write(|tables| {
            let opened = tables.opened.remove(id.as_slice()).map_err(words)?;
            let opened_at_ms = opened.map_or(now_ms, |opened| opened.value());
            tables.cases.remove(id.as_slice()).map_err(words)?;
            if tables.ended.len().map_err(words)? >= MOST_ENDED {
                forget_oldest(&mut tables.ended)?;
            }
            let ended = Ended {
                stage,
                at_ms: now_ms,
            };
            let row = summary::encode(accusation, opened_at_ms, ended);
            tables
                .ended
                .insert(id.as_slice(), row.as_slice())
                .map(|_| ())
                .map_err(words)
        })?;
        places.leave(&id);
        Ok(())
    }

    /// Whether a fault's case is open here, or was.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn knows(&self, id: B256) -> Result<bool, StoreError> {
        self.reading(|transaction| {
            let cases = transaction.open_table(CASES).map_err(words)?;
            let ended = transaction.open_table(ENDED).map_err(words)?;
            Ok(cases.get(id.as_slice()).map_err(words)?.is_some()
                || ended.get(id.as_slice()).map_err(words)?.is_some())
        })
    }

    /// Open cases.
    ///
    /// # Errors
    /// [`StoreError::File`].
    pub fn count(&self) -> Result<u64, StoreError> {
        self.reading(|transaction| {
            let cases = transaction.open_table(CASES).map_err(words)?;
            cases.len().map_err(words)
        })
    }

    /// Every case that is known, open ones first, without its evidence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn summaries(&self) -> Result<Vec<Summary>, StoreError> {
        let (open, ended) = self.reading(|transaction| {
            let cases = transaction.open_table(CASES).map_err(words)?;
            let opened = transaction.open_table(OPENED).map_err(words)?;
            let mut open = Vec::new();
            for row in cases.iter().map_err(words)? {
                let (id, value) = row.map_err(words)?;
                let at = opened.get(id.value()).map_err(words)?;
                open.push((value.value().to_vec(), at.map_or(0, |at| at.value())));
            }
            let ended = transaction.open_table(ENDED).map_err(words)?;
            let ended: Vec<Vec<u8>> = ended
                .iter()
                .map_err(words)?
                .map(|row| row.map(|(_, value)| value.value().to_vec()).map_err(words))
                .collect::<Result<_, String>>()?;
            Ok((open, ended))
        })?;
        let mut all = Vec::with_capacity(open.len().saturating_add(ended.len()));
        for (row, opened_at_ms) in open {
            all.push(Summary::of_open(codec::decode(&row)?, opened_at_ms));
        }
        for row in ended {
            all.push(summary::decode(&row)?);
        }
        Ok(all)
    }

    /// All cases.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(&self) -> Result<Vec<Accusation>, StoreError> {
        self.read()?
            .iter()
            .map(|row| Ok(codec::decode(row)?))
            .collect()
    }

    fn read(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.reading(|transaction| {
            let table = transaction.open_table(CASES).map_err(words)?;
            let rows = table.iter().map_err(words)?;
            rows.map(|row| row.map(|(_, value)| value.value().to_vec()).map_err(words))
                .collect()
        })
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, String>,
    ) -> Result<T, StoreError> {
        let attempt = || read(&self.database.begin_read().map_err(words)?);
        attempt().map_err(|reason| refused(&self.path, reason))
    }

    /// One durable transaction: redb syncs before `commit` returns.
    fn write(
        &self,
        change: impl FnOnce(&mut Tables<'_>) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        let attempt = || -> Result<(), String> {
            let transaction = self.database.begin_write().map_err(words)?;
            {
                let mut tables = Tables {
                    cases: transaction.open_table(CASES).map_err(words)?,
                    opened: transaction.open_table(OPENED).map_err(words)?,
                    ended: transaction.open_table(ENDED).map_err(words)?,
                };
                change(&mut tables)?;
            }
            transaction.commit().map_err(words)
        };
        attempt().map_err(|reason| refused(&self.path, reason))
    }
}

struct Tables<'a> {
    cases: redb::Table<'a, &'static [u8], &'static [u8]>,
    opened: redb::Table<'a, &'static [u8], u64>,
    ended: redb::Table<'a, &'static [u8], &'static [u8]>,
}

fn forget_oldest(ended: &mut redb::Table<'_, &'static [u8], &'static [u8]>) -> Result<(), String> {
    let mut oldest: Option<(u64, Vec<u8>)> = None;
    for row in ended.iter().map_err(words)? {
        let (id, value) = row.map_err(words)?;
        let at_ms = summary::ended_at_ms(value.value());
        if oldest.as_ref().is_none_or(|(known, _)| at_ms < *known) {
            oldest = Some((at_ms, id.value().to_vec()));
        }
    }
    if let Some((_, id)) = oldest {
        ended.remove(id.as_slice()).map_err(words)?;
    }
    Ok(())
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
                assert_eq!(store.add(one, 7).unwrap(), Added::New);
                assert_eq!(store.add(one, 7).unwrap(), Added::Known);
            }
        }
        let store = CaseStore::open(dir.path(), 100).unwrap();
        assert_eq!(store.all().unwrap(), all);
        store.end(&all[0], Stage::Paid, 9).unwrap();
        assert_eq!(store.all().unwrap(), all[1..]);
        assert_eq!(store.add(&all[0], 10).unwrap(), Added::Known);
        let ended = store.summaries().unwrap().pop().unwrap();
        assert_eq!((ended.id, ended.opened_at_ms), (all[0].id, 7));
        let how = ended.ended.unwrap();
        assert_eq!((how.stage, how.at_ms), (Stage::Paid, 9));
    }

    #[test]
    fn a_full_store_gives_up_the_cheapest_and_never_the_dearer() {
        let dir = tempfile::tempdir().unwrap();
        let store = CaseStore::open(dir.path(), 2).unwrap();
        let (old, young) = (
            accusation(Judge::Unkept, 1, 5),
            accusation(Judge::Unkept, 2, 6),
        );
        store.add(&young, 7).unwrap();
        store.add(&old, 7).unwrap();
        let more = accusation(Judge::Unkept, 3, 7);
        assert!(matches!(
            store.add(&more, 7),
            Err(StoreError::Full { most: 2 })
        ));
        let fork = accusation(Judge::Fork, 4, 7);
        assert_eq!(store.add(&fork, 7).unwrap(), Added::InPlaceOf(old.id));
        let late = accusation(Judge::Late, 5, 7);
        assert_eq!(store.add(&late, 7).unwrap(), Added::InPlaceOf(young.id));
        assert!(store.add(&more, 7).is_err());
        let lie = accusation(Judge::Lie, 6, 7);
        assert_eq!(store.add(&lie, 7).unwrap(), Added::InPlaceOf(late.id));
        let another = accusation(Judge::Order, 7, 7);
        assert!(store.add(&another, 7).is_err(), "safety never gives way");
    }

    /// Pitfall: gateways without a bond sign forks until no real fork finds a place.
    #[test]
    fn forks_that_bring_nothing_give_way_to_one_that_does_and_it_is_so_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let all: Vec<_> = (1..=2)
            .map(|byte| accusation(Judge::Fork, byte, u64::from(byte)))
            .collect();
        {
            let store = CaseStore::open(dir.path(), 2).unwrap();
            for one in &all {
                store.add(one, 7).unwrap();
            }
        }
        let store = CaseStore::open(dir.path(), 2).unwrap();
        let real = accusation(Judge::Fork, 3, 9);
        assert!(store.add(&real, 7).is_err());
        store.note_idle(all[1].id, true);
        assert_eq!(store.add(&real, 7).unwrap(), Added::InPlaceOf(all[1].id));
        store.end(&all[0], Stage::Paid, 8).unwrap();
        let next = accusation(Judge::Unkept, 4, 9);
        assert_eq!(
            store.add(&next, 7).unwrap(),
            Added::New,
            "its place is free"
        );
    }

    #[test]
    fn what_no_judge_reads_is_not_kept() {
        let dir = tempfile::tempdir().unwrap();
        let store = CaseStore::open(dir.path(), 2).unwrap();
        let mut large = accusation(Judge::Lie, 1, 5);
        large.evidence = vec![0; MOST_EVIDENCE_BYTES + 1].into();
        assert!(matches!(
            store.add(&large, 7),
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
