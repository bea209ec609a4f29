use std::{collections::BTreeMap, path::Path};

use forebond_settlement::PostedBatch;
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{PostedRow, Row};

/// Window, signer, number in the order of hearing → row.
const HEARD: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("heard");
/// Batch id → posted batch.
const BATCHES: TableDefinition<'_, u32, &[u8]> = TableDefinition::new("batches");
/// Name of the file in its directory.
const FILE_NAME: &str = "heard.redb";
/// Bytes of rows that wait for a sync at most.
const MOST_PENDING_BYTES: usize = 8 << 20;
/// Batches that are remembered.
const MOST_BATCHES: u64 = 65_536;
/// Of a key: window, gateway, number.
const KEY_BYTES: usize = 8 + 4 + 8;

/// Why what was heard is not kept.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}; free some disk space, or remove the file to begin with nothing heard")]
pub struct JournalError {
    file: String,
    reason: String,
}

/// What was heard, on disk, so that a restart forgets nothing. When it is full, whoever takes most gives up its oldest window: nobody
/// pushes out what another one signed.
#[derive(Debug)]
pub struct Journal {
    database: Database,
    file: String,
    most_bytes: u64,
    next: u64,
    pending: Vec<(Vec<u8>, Vec<u8>)>,
    pending_bytes: usize,
    shares: BTreeMap<(u32, u64), u64>,
    bytes: u64,
}

impl Journal {
    /// Opens or makes the journal in a directory; it keeps about `most_bytes`.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(dir: &Path, most_bytes: u64) -> Result<Self, JournalError> {
        let path = dir.join(FILE_NAME);
        let file = path.display().to_string();
        let refuse = |reason: String| JournalError {
            file: file.clone(),
            reason,
        };
        std::fs::create_dir_all(dir).map_err(|error| refuse(error.to_string()))?;
        let database = Database::create(&path).map_err(|error| refuse(error.to_string()))?;
        let mut journal = Self {
            database,
            file,
            most_bytes,
            next: 0,
            pending: Vec::new(),
            pending_bytes: 0,
            shares: BTreeMap::new(),
            bytes: 0,
        };
        journal.write(|transaction| {
            transaction.open_table(HEARD).map_err(words)?;
            transaction.open_table(BATCHES).map_err(words)?;
            Ok(())
        })?;
        journal.measure()?;
        Ok(journal)
    }

    /// Notes a row; [`Self::sync`] makes it durable. `signer` is the gateway's number, or any number that stands for it.
    ///
    /// # Errors
    /// [`JournalError`] when too much waits and cannot be written.
    pub fn note(&mut self, signer: u32, row: &Row) -> Result<(), JournalError> {
        let key = key(row.window(), signer, self.next);
        self.next = self.next.saturating_add(1);
        let bytes = row.encode();
        self.pending_bytes = self.pending_bytes.saturating_add(bytes.len());
        self.grow((signer, row.window()), bytes.len());
        self.pending.push((key, bytes));
        if self.pending_bytes >= MOST_PENDING_BYTES {
            self.sync()?;
        }
        Ok(())
    }

    /// Makes everything noted durable.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn sync(&mut self) -> Result<(), JournalError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let written = self.write(|transaction| {
            let mut table = transaction.open_table(HEARD).map_err(words)?;
            for (key, bytes) in &pending {
                table
                    .insert(key.as_slice(), bytes.as_slice())
                    .map_err(words)?;
            }
            Ok(())
        });
        if written.is_err() {
            self.pending = pending;
            return written;
        }
        self.pending_bytes = 0;
        while self.bytes > self.most_bytes {
            let Some((signer, window)) = self.fattest() else {
                break;
            };
            tracing::warn!(signer, window, "the journal is full: a window is forgotten");
            self.forget(signer, window)?;
        }
        Ok(())
    }

    /// Hands out every row, oldest window first, and within a window in the order of hearing for each signer. Rows that cannot be read are
    /// counted and left out.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn replay(&self, mut each: impl FnMut(Row)) -> Result<u64, JournalError> {
        let mut unreadable = 0u64;
        self.read(|transaction| {
            let table = transaction.open_table(HEARD).map_err(words)?;
            for row in table.iter().map_err(words)? {
                let (_, value) = row.map_err(words)?;
                match Row::decode(value.value()) {
                    Ok(row) => each(row),
                    Err(_) => unreadable = unreadable.saturating_add(1),
                }
            }
            Ok(())
        })?;
        Ok(unreadable)
    }

    /// Keeps posted batches; durable when this returns. An id that is known takes the new content: a reorg can give it to another batch.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn keep_batches(&self, batches: &[PostedBatch]) -> Result<(), JournalError> {
        if batches.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let mut table = transaction.open_table(BATCHES).map_err(words)?;
            for posted in batches {
                let bytes = PostedRow::bytes_of(posted);
                table.insert(posted.id, bytes.as_slice()).map_err(words)?;
            }
            Ok(())
        })
    }

    /// The batches kept, by id.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn batches(&self) -> Result<Vec<PostedBatch>, JournalError> {
        self.read(|transaction| {
            let table = transaction.open_table(BATCHES).map_err(words)?;
            let mut all = Vec::new();
            for row in table.iter().map_err(words)? {
                let (_, value) = row.map_err(words)?;
                all.extend(PostedRow::read(value.value()));
            }
            Ok(all)
        })
    }

    /// Forgets what was heard of windows before `window`, and batches posted before it.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn forget_before(&mut self, window: u64) -> Result<(), JournalError> {
        let gone: Vec<(u32, u64)> = self
            .shares
            .keys()
            .filter(|(_, known)| *known < window)
            .copied()
            .collect();
        for (signer, window) in gone {
            self.forget(signer, window)?;
        }
        let batches = self.batches()?;
        let surplus = (batches.len() as u64).saturating_sub(MOST_BATCHES);
        let old: Vec<u32> = (0u64..)
            .zip(&batches)
            .filter(|(place, posted)| posted.slot < window || *place < surplus)
            .map(|(_, posted)| posted.id)
            .collect();
        if old.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let mut table = transaction.open_table(BATCHES).map_err(words)?;
            for id in &old {
                table.remove(id).map_err(words)?;
            }
            Ok(())
        })
    }

    /// Bytes of all rows.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    fn measure(&mut self) -> Result<(), JournalError> {
        let mut sizes = Vec::new();
        self.read(|transaction| {
            let table = transaction.open_table(HEARD).map_err(words)?;
            for row in table.iter().map_err(words)? {
                let (key, value) = row.map_err(words)?;
                sizes.push((parts(key.value()), value.value().len()));
            }
            Ok(())
        })?;
        for ((window, signer, number), size) in sizes {
            self.next = self.next.max(number.saturating_add(1));
            self.grow((signer, window), size);
        }
        Ok(())
    }

    fn grow(&mut self, share: (u32, u64), size: usize) {
        let size = u64::try_from(size).unwrap_or(u64::MAX);
        let of = self.shares.entry(share).or_default();
        *of = of.saturating_add(size);
        self.bytes = self.bytes.saturating_add(size);
    }

    /// The oldest window of the signer that takes most.
    fn fattest(&self) -> Option<(u32, u64)> {
        let mut in_all: BTreeMap<u32, u64> = BTreeMap::new();
        for ((signer, _), bytes) in &self.shares {
            let sum = in_all.entry(*signer).or_default();
            *sum = sum.saturating_add(*bytes);
        }
        let (signer, _) = in_all.into_iter().max_by_key(|(_, bytes)| *bytes)?;
        self.shares
            .range((signer, 0)..=(signer, u64::MAX))
            .next()
            .map(|(share, _)| *share)
    }

    fn forget(&mut self, signer: u32, window: u64) -> Result<(), JournalError> {
        let (from, to) = (key(window, signer, 0), key(window, signer, u64::MAX));
        self.write(|transaction| {
            let mut table = transaction.open_table(HEARD).map_err(words)?;
            table
                .retain_in(from.as_slice()..=to.as_slice(), |_, _| false)
                .map_err(words)
        })?;
        let gone = self.shares.remove(&(signer, window)).unwrap_or(0);
        self.bytes = self.bytes.saturating_sub(gone);
        Ok(())
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, String>,
    ) -> Result<T, JournalError> {
        let attempt = || read(&self.database.begin_read().map_err(words)?);
        attempt().map_err(|reason| self.refused(reason))
    }

    fn write(
        &self,
        change: impl FnOnce(&redb::WriteTransaction) -> Result<(), String>,
    ) -> Result<(), JournalError> {
        let attempt = || -> Result<(), String> {
            let transaction = self.database.begin_write().map_err(words)?;
            change(&transaction)?;
            transaction.commit().map_err(words)
        };
        attempt().map_err(|reason| self.refused(reason))
    }

    fn refused(&self, reason: String) -> JournalError {
        JournalError {
            file: self.file.clone(),
            reason,
        }
    }
}

fn key(window: u64, signer: u32, number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(KEY_BYTES);
    key.extend(window.to_be_bytes());
    key.extend(signer.to_be_bytes());
    key.extend(number.to_be_bytes());
    key
}

fn parts(key: &[u8]) -> (u64, u32, u64) {
    let window = key.first_chunk::<8>().copied().unwrap_or_default();
    let signer = key.get(8..12).and_then(|part| part.try_into().ok());
    let number = key.last_chunk::<8>().copied().unwrap_or_default();
    (
        u64::from_be_bytes(window),
        signer.map_or(0, u32::from_be_bytes),
        u64::from_be_bytes(number),
    )
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
