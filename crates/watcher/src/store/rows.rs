use std::{collections::BTreeMap, path::Path};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

const ROWS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("rows");

/// Keys and values.
pub type Content = BTreeMap<Vec<u8>, Vec<u8>>;

/// Why rows are not kept.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}; is another watcher running on this directory, or is the disk full?")]
pub struct RowsError {
    file: String,
    reason: String,
}

/// A file of rows, keys and values in bytes. One process has it; what [`Self::write`] has taken survives a crash.
#[derive(Debug)]
pub struct Rows {
    database: Database,
    file: String,
}

impl Rows {
    /// Opens or makes the file in a directory. The rows that are in it, too.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn open(dir: &Path, name: &str) -> Result<(Self, Content), RowsError> {
        let path = dir.join(name);
        let file = path.display().to_string();
        let opened = std::fs::create_dir_all(dir)
            .map_err(words)
            .and_then(|()| Database::create(&path).map_err(words));
        let database = opened.map_err(|reason| RowsError {
            file: file.clone(),
            reason,
        })?;
        let rows = Self { database, file };
        // A new file has no table yet.
        rows.write([], [])?;
        let all = rows.read().map_err(|reason| rows.refused(reason))?;
        Ok((rows, all))
    }

    /// Puts rows and removes others, all or none of it.
    ///
    /// # Errors
    /// [`RowsError`].
    pub fn write(
        &self,
        put: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
        removed: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<(), RowsError> {
        let attempt = || -> Result<(), String> {
            let transaction = self.database.begin_write().map_err(words)?;
            {
                let mut table = transaction.open_table(ROWS).map_err(words)?;
                for (key, value) in put {
                    table
                        .insert(key.as_slice(), value.as_slice())
                        .map_err(words)?;
                }
                for key in removed {
                    table.remove(key.as_slice()).map_err(words)?;
                }
            }
            transaction.commit().map_err(words)
        };
        attempt().map_err(|reason| self.refused(reason))
    }

    /// An error about what is in the file.
    pub fn refused(&self, reason: impl ToString) -> RowsError {
        RowsError {
            file: self.file.clone(),
            reason: reason.to_string(),
        }
    }

    fn read(&self) -> Result<Content, String> {
        let transaction = self.database.begin_read().map_err(words)?;
        let table = transaction.open_table(ROWS).map_err(words)?;
        let mut all = BTreeMap::new();
        for row in table.iter().map_err(words)? {
            let (key, value) = row.map_err(words)?;
            all.insert(key.value().to_vec(), value.value().to_vec());
        }
        Ok(all)
    }
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
