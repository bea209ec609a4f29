//! Keys and values on disk. Numbers in keys are big-endian, so that a proposer's positions stand in the order of slots.

use alloy_primitives::{B256, FixedBytes};
use forebond_beacon::{bls::PublicKeyBytes, signing::commit_boost::Chain};
use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition};

use super::{Kind, Position, ProtectionError, record::Record};

/// Signing id and proposer.
pub(super) const OWNER_BYTES: usize = 32 + 48;
/// Owner, slot, kind.
pub(super) const POSITION_BYTES: usize = OWNER_BYTES + 8 + 1;

/// What stands at a position, JSON.
pub(super) const RECORDS: TableDefinition<'_, [u8; POSITION_BYTES], &[u8]> =
    TableDefinition::new("records");
/// Lowest slot at which something new may be signed, and how many positions are kept.
pub(super) const OWNERS: TableDefinition<'_, [u8; OWNER_BYTES], (u64, u64)> =
    TableDefinition::new("owners");
/// Constants of the database.
pub(super) const CONSTANTS: TableDefinition<'_, &str, u64> = TableDefinition::new("constants");

/// Version of this layout.
pub(super) const LAYOUT: u64 = 1;

pub(super) type OwnerKey = [u8; OWNER_BYTES];
pub(super) type PositionKey = [u8; POSITION_BYTES];

/// Records and owners, as of one moment.
pub(super) type Tables = (
    ReadOnlyTable<PositionKey, &'static [u8]>,
    ReadOnlyTable<OwnerKey, (u64, u64)>,
);

pub(super) fn read(database: &Database) -> Result<Tables, ProtectionError> {
    let reading = database.begin_read().map_err(ProtectionError::storage)?;
    Ok((
        reading
            .open_table(RECORDS)
            .map_err(ProtectionError::storage)?,
        reading
            .open_table(OWNERS)
            .map_err(ProtectionError::storage)?,
    ))
}

pub(super) fn owner_key(signing_id: &B256, proposer: &PublicKeyBytes) -> OwnerKey {
    let mut key = [0; OWNER_BYTES];
    key[..32].copy_from_slice(signing_id.as_slice());
    key[32..].copy_from_slice(proposer.as_slice());
    key
}

pub(super) fn key_at(owner: &OwnerKey, slot: u64, kind: u8) -> PositionKey {
    let mut key = [0; POSITION_BYTES];
    key[..OWNER_BYTES].copy_from_slice(owner);
    key[OWNER_BYTES..OWNER_BYTES + 8].copy_from_slice(&slot.to_be_bytes());
    key[OWNER_BYTES + 8] = kind;
    key
}

pub(super) fn position_key(position: &Position) -> PositionKey {
    let owner = owner_key(&position.signing_id, &position.proposer);
    key_at(&owner, position.slot, position.kind as u8)
}

pub(super) fn position_of(key: &PositionKey) -> Result<Position, ProtectionError> {
    let (owner, rest) = key.split_at(OWNER_BYTES);
    let (signing_id, proposer) = owner.split_at(32);
    let mut slot = [0; 8];
    slot.copy_from_slice(&rest[..8]);
    let kind = Kind::from_code(rest[8]).ok_or_else(|| ProtectionError::Damaged {
        what: "a position of the protection database".to_owned(),
        reason: format!("kind {} is not known to this version", rest[8]),
    })?;
    Ok(Position {
        signing_id: B256::from_slice(signing_id),
        proposer: PublicKeyBytes::from_slice(proposer),
        slot: u64::from_be_bytes(slot),
        kind,
    })
}

pub(super) fn encode(record: &Record) -> Result<Vec<u8>, ProtectionError> {
    serde_json::to_vec(record).map_err(ProtectionError::storage)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Record, ProtectionError> {
    serde_json::from_slice(bytes).map_err(|error| ProtectionError::Damaged {
        what: "a record of the protection database".to_owned(),
        reason: error.to_string(),
    })
}

/// What stands at a position.
pub(super) fn record_at(
    records: &impl ReadableTable<PositionKey, &'static [u8]>,
    key: &PositionKey,
) -> Result<Option<Record>, ProtectionError> {
    let found = records.get(key).map_err(ProtectionError::storage)?;
    found.map(|bytes| decode(bytes.value())).transpose()
}

/// Lowest slot and number of positions of an owner.
pub(super) fn owner_at(
    owners: &impl ReadableTable<OwnerKey, (u64, u64)>,
    key: &OwnerKey,
) -> Result<(u64, u64), ProtectionError> {
    let found = owners.get(key).map_err(ProtectionError::storage)?;
    Ok(found.map_or((0, 0), |value| value.value()))
}

pub(super) fn fork_number(chain: &Chain) -> u64 {
    u64::from(u32::from_be_bytes(chain.genesis_fork_version.0))
}

pub(super) fn fork_of(number: u64) -> FixedBytes<4> {
    let [_, _, _, _, fork @ ..] = number.to_be_bytes();
    FixedBytes(fork)
}
