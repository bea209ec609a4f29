//! The tables of `state.redb`, schema 1. Names and encodings are frozen with the schema number.

use redb::TableDefinition as Table;

use super::codec::LOCATION_BYTES;

/// By name: [`SCHEMA`], [`IDENTITY`], [`HEAD`].
pub(super) const META: Table<'_, &str, &[u8]> = Table::new("meta");
/// In [`META`]: the schema version, u32.
pub(super) const SCHEMA: &str = "schema";
/// In [`META`]: what chain this is, 32 bytes of the caller's.
pub(super) const IDENTITY: &str = "identity";
/// In [`META`]: the head row.
pub(super) const HEAD: &str = "head";

/// Hashed address to account.
pub(super) const ACCOUNTS: Table<'_, &[u8; 32], &[u8]> = Table::new("accounts");
/// Hashed address and hashed slot to value.
pub(super) const SLOTS: Table<'_, &[u8; 64], &[u8]> = Table::new("slots");
/// Code by its hash. Never deleted.
pub(super) const CODES: Table<'_, &[u8; 32], &[u8]> = Table::new("codes");

/// Height to the block, in the caller's encoding.
pub(super) const BLOCKS: Table<'_, u64, &[u8]> = Table::new("blocks");
/// Height to block hash and state root: small rows, so that asking for a hash doesn't load a block.
pub(super) const BLOCK_HASHES: Table<'_, u64, &[u8; 64]> = Table::new("block_hashes");
/// Block hash to height.
pub(super) const BLOCK_NUMBERS: Table<'_, &[u8; 32], u64> = Table::new("block_numbers");
/// Transaction hash to block and place.
pub(super) const TRANSACTIONS: Table<'_, &[u8; 32], &[u8; LOCATION_BYTES]> =
    Table::new("transactions");

/// Changed accounts of recent blocks, packed: see `history`.
pub(super) const ACCOUNT_HISTORY: Table<'_, &[u8], &[u8]> = Table::new("account_history");
/// Changed slots of recent blocks, packed: see `history`.
pub(super) const SLOT_HISTORY: Table<'_, &[u8], &[u8]> = Table::new("slot_history");
