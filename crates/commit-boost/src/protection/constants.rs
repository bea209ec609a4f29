//! What a database says of itself.

use forebond_beacon::signing::commit_boost::Chain;
use redb::{Database, ReadableDatabase, ReadableTable};

use super::{
    ProtectionError,
    tables::{CONSTANTS, LAYOUT, OWNERS, RECORDS, fork_number, fork_of},
};

/// Writes the constants of a new database; one that has them is left alone.
pub(super) fn write(database: &Database, chain: &Chain) -> Result<(), ProtectionError> {
    let writing = database.begin_write().map_err(ProtectionError::storage)?;
    {
        let mut constants = writing
            .open_table(CONSTANTS)
            .map_err(ProtectionError::storage)?;
        if constants
            .get("layout")
            .map_err(ProtectionError::storage)?
            .is_none()
        {
            for (name, value) in [
                ("layout", LAYOUT),
                ("chain_id", chain.chain_id),
                ("genesis_fork_version", fork_number(chain)),
            ] {
                constants
                    .insert(name, value)
                    .map_err(ProtectionError::storage)?;
            }
        }
        writing
            .open_table(RECORDS)
            .map_err(ProtectionError::storage)?;
        writing
            .open_table(OWNERS)
            .map_err(ProtectionError::storage)?;
    }
    writing.commit().map_err(ProtectionError::storage)
}

/// Whether it is in this program's layout and of this chain.
pub(super) fn check(database: &Database, chain: &Chain) -> Result<(), ProtectionError> {
    let damaged = |reason: String| ProtectionError::Damaged {
        what: "the protection database".to_owned(),
        reason,
    };
    let reading = database.begin_read().map_err(ProtectionError::storage)?;
    let constants = reading
        .open_table(CONSTANTS)
        .map_err(|error| damaged(error.to_string()))?;
    let constant = |name: &str| {
        let found = constants.get(name).map_err(ProtectionError::storage)?;
        found
            .map(|value| value.value())
            .ok_or_else(|| damaged(format!("{name} is missing")))
    };
    let layout = constant("layout")?;
    if layout != LAYOUT {
        return Err(damaged(format!(
            "its layout has version {layout}, this program reads {LAYOUT}"
        )));
    }
    let (got_chain_id, got_fork) = (constant("chain_id")?, constant("genesis_fork_version")?);
    if got_chain_id != chain.chain_id || got_fork != fork_number(chain) {
        return Err(ProtectionError::OtherChain {
            chain_id: chain.chain_id,
            fork: chain.genesis_fork_version,
            got_chain_id,
            got_fork: fork_of(got_fork),
        });
    }
    Ok(())
}
