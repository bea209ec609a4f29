//! Changes inside a transaction.

use redb::{ReadableTable, Table};

use super::{
    KEPT_POSITIONS, ProtectionError,
    record::Record,
    tables::{OwnerKey, PositionKey, decode, encode, key_at, owner_at, position_of},
};

pub(super) fn put(
    records: &mut Table<'_, PositionKey, &'static [u8]>,
    key: &PositionKey,
    record: &Record,
) -> Result<(), ProtectionError> {
    records
        .insert(key, encode(record)?.as_slice())
        .map_err(ProtectionError::storage)?;
    Ok(())
}

pub(super) fn raise(
    owners: &mut Table<'_, OwnerKey, (u64, u64)>,
    owner: &OwnerKey,
    slot: u64,
) -> Result<(), ProtectionError> {
    let (lowest, count) = owner_at(owners, owner)?;
    owners
        .insert(owner, (lowest.max(slot), count))
        .map_err(ProtectionError::storage)?;
    Ok(())
}

/// Counts a new position; when there are too many, the oldest slot leaves and the lowest slot rises above it. Registrations stay: the
/// registry's nonces bound their number.
pub(super) fn count_one_more(
    records: &mut Table<'_, PositionKey, &'static [u8]>,
    owners: &mut Table<'_, OwnerKey, (u64, u64)>,
    owner: &OwnerKey,
) -> Result<(), ProtectionError> {
    let (mut lowest, count) = owner_at(owners, owner)?;
    let mut count = count.saturating_add(1);
    while count > KEPT_POSITIONS {
        let oldest = {
            let mut all = records
                .range(key_at(owner, 0, 0)..=key_at(owner, u64::MAX, u8::MAX))
                .map_err(ProtectionError::storage)?;
            let passes = |key: &PositionKey| position_of(key).map(|at| at.kind.passes_with_slots());
            let oldest = loop {
                match all.next() {
                    None => break None,
                    Some(Ok((key, _))) if !passes(&key.value())? => {}
                    Some(found) => break Some(found.map_err(ProtectionError::storage)?),
                }
            };
            let Some((key, value)) = oldest else { break };
            // Read before it is thrown away: a record that does not parse must not leave in silence.
            decode(value.value())?;
            key.value()
        };
        records.remove(&oldest).map_err(ProtectionError::storage)?;
        lowest = lowest.max(position_of(&oldest)?.slot.saturating_add(1));
        count -= 1;
    }
    owners
        .insert(owner, (lowest, count))
        .map_err(ProtectionError::storage)?;
    Ok(())
}
