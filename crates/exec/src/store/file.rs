//! The file `state.redb`: creating it, opening it, and who may have it open.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use alloy_primitives::B256;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableError};

use super::{
    codec, commit,
    error::StoreError,
    genesis::{self, GenesisAccount},
    snapshot::StoreSnapshot,
    tables::{
        ACCOUNT_HISTORY, ACCOUNTS, BLOCK_HASHES, BLOCK_NUMBERS, BLOCKS, CODES, HEAD, IDENTITY,
        META, SCHEMA, SLOT_HISTORY, SLOTS, TRANSACTIONS,
    },
    types::{BlockRecord, Head},
};

/// Name of the file in its directory.
pub const FILE_NAME: &str = "state.redb";
/// What the file is called until genesis is on disk.
const UNFINISHED_NAME: &str = "state.redb.new";
/// The only schema this program reads and writes.
pub const SCHEMA_VERSION: u32 = 1;
/// Default of [`StoreOptions::cache_bytes`].
pub const DEFAULT_CACHE_BYTES: usize = 96 << 20;
/// Default of [`StoreOptions::history_blocks`].
pub const DEFAULT_HISTORY_BLOCKS: u64 = 256;

/// Settings of a [`Store`]. They may differ from one opening to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How many bytes of the file are kept in memory, at most.
    pub cache_bytes: usize,
    /// How many blocks below the head can be asked for their state.
    pub history_blocks: u64,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            cache_bytes: DEFAULT_CACHE_BYTES,
            history_blocks: DEFAULT_HISTORY_BLOCKS,
        }
    }
}

/// The rollup's state and blocks on disk. One writer at a time, any number of readers, each with a
/// [snapshot](Store::snapshot) that no writer disturbs.
///
/// The file is locked while it is open. Dropping a store makes its deferred blocks durable; a crash loses them.
pub struct Store {
    pub(super) database: Database,
    pub(super) options: StoreOptions,
    path: PathBuf,
    identity: B256,
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Makes a new store in `dir` (made if missing) holding `genesis` as the state of `genesis_block`, and opens it.
    /// `identity` says which chain it is: 32 bytes the caller compares when it opens the store again.
    ///
    /// The file gets its name once all of it is on disk: after a crash there is a whole store or none.
    ///
    /// # Errors
    /// [`AlreadyExists`](StoreError::AlreadyExists), [`InUse`](StoreError::InUse), a genesis that contradicts itself
    /// ([`CodeMismatch`](StoreError::CodeMismatch), [`DuplicateAccount`](StoreError::DuplicateAccount)), I/O.
    pub fn create(
        dir: &Path,
        genesis: impl IntoIterator<Item = GenesisAccount>,
        genesis_block: &BlockRecord,
        identity: B256,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(io_error(dir))?;
        let path = dir.join(FILE_NAME);
        if path.try_exists().map_err(io_error(&path))? {
            return Err(StoreError::AlreadyExists { path });
        }
        let unfinished = dir.join(UNFINISHED_NAME);
        // The lock on the unfinished file keeps a second creator out; what an earlier, crashed one left is emptied.
        let database = builder(options)
            .create(&unfinished)
            .map_err(|error| opening_error(error, &unfinished))?;
        let transaction = database.begin_write()?;
        for table in transaction.list_tables()?.collect::<Vec<_>>() {
            transaction.delete_table(table)?;
        }
        genesis::write(&transaction, genesis)?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert(SCHEMA, SCHEMA_VERSION.to_be_bytes().as_slice())?;
            meta.insert(IDENTITY, identity.as_slice())?;
            let head = Head {
                number: genesis_block.number,
                hash: genesis_block.hash,
                state_root: genesis_block.state_root,
                log_position: genesis_block.log_position,
                oldest_state: genesis_block.number,
            };
            meta.insert(HEAD, codec::head_row(&head).as_slice())?;
        }
        commit::write_block(&transaction, genesis_block)?;
        // Readers open every table, so each must exist from the start.
        transaction.open_table(ACCOUNT_HISTORY)?;
        transaction.open_table(SLOT_HISTORY)?;
        transaction.commit()?;
        drop(database);
        fs::rename(&unfinished, &path).map_err(io_error(&path))?;
        fs::File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(io_error(dir))?;
        Self::open(dir, options)?
            .ok_or_else(|| StoreError::corrupt("meta", "the store vanished while it was made"))
    }

    /// Opens the store in `dir`; none if there is no finished one.
    ///
    /// # Errors
    /// [`InUse`](StoreError::InUse), [`UnknownSchema`](StoreError::UnknownSchema), [`Corrupt`](StoreError::Corrupt), I/O.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Option<Self>, StoreError> {
        let path = dir.join(FILE_NAME);
        if !path.try_exists().map_err(io_error(&path))? {
            return Ok(None);
        }
        let database = builder(options)
            .open(&path)
            .map_err(|error| opening_error(error, &path))?;
        let identity = read_identity(&database)?;
        Ok(Some(Self {
            database,
            options: *options,
            path,
            identity,
        }))
    }

    /// The 32 bytes given at creation. Compare them before using the store.
    pub fn identity(&self) -> B256 {
        self.identity
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The newest block, deferred ones included.
    ///
    /// # Errors
    /// The database failed.
    pub fn head(&self) -> Result<Head, StoreError> {
        read_head(&self.database.begin_read()?.open_table(META)?)
    }

    /// A view of the store as of now, deferred blocks included, that later commits don't change.
    ///
    /// While a snapshot lives, the file keeps the pages it reads: hold one for a request or a block, not for hours.
    ///
    /// # Errors
    /// The database failed.
    pub fn snapshot(&self) -> Result<StoreSnapshot, StoreError> {
        let transaction = self.database.begin_read()?;
        Ok(StoreSnapshot {
            head: read_head(&transaction.open_table(META)?)?,
            accounts: transaction.open_table(ACCOUNTS)?,
            slots: transaction.open_table(SLOTS)?,
            codes: transaction.open_table(CODES)?,
            blocks: transaction.open_table(BLOCKS)?,
            block_hashes: transaction.open_table(BLOCK_HASHES)?,
            block_numbers: transaction.open_table(BLOCK_NUMBERS)?,
            transactions: transaction.open_table(TRANSACTIONS)?,
            account_history: transaction.open_table(ACCOUNT_HISTORY)?,
            slot_history: transaction.open_table(SLOT_HISTORY)?,
        })
    }
}

/// Reads the head row.
pub(super) fn read_head(
    meta: &impl ReadableTable<&'static str, &'static [u8]>,
) -> Result<Head, StoreError> {
    let row = meta
        .get(HEAD)?
        .ok_or_else(|| StoreError::corrupt("meta", "no head"))?;
    codec::head(row.value())
}

/// Checks the schema and reads which chain this is.
fn read_identity(database: &Database) -> Result<B256, StoreError> {
    let meta = match database.begin_read()?.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => {
            return Err(StoreError::corrupt("meta", "missing: not a state file"));
        }
        Err(error) => return Err(error.into()),
    };
    let schema = meta
        .get(SCHEMA)?
        .and_then(|row| row.value().try_into().ok().map(u32::from_be_bytes));
    match schema {
        Some(SCHEMA_VERSION) => {}
        Some(got) => {
            return Err(StoreError::UnknownSchema {
                expected: SCHEMA_VERSION,
                got,
            });
        }
        None => return Err(StoreError::corrupt("meta", "no schema version")),
    }
    let identity = meta
        .get(IDENTITY)?
        .and_then(|row| B256::try_from(row.value()).ok());
    identity.ok_or_else(|| StoreError::corrupt("meta", "no chain identity of 32 bytes"))
}

fn builder(options: &StoreOptions) -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(options.cache_bytes);
    builder
}

fn opening_error(error: DatabaseError, path: &Path) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.into() },
        other => other.into(),
    }
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}
