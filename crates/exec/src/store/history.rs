//! What accounts and slots were some blocks ago, from the changes of recent blocks.
//!
//! A block's changes are sorted by key and packed into rows of about [`ROW_BYTES`]; a row's key is the height and the first
//! changed key in it. So a block costs few inserts at the end of the table, and finding one change reads one row.
//!
//! A row is a sequence of: key (20 bytes address, or 52 bytes address and slot), length and bytes of the value before,
//! length and bytes of the value after. Length zero stands for an absent account, or a zero slot.

use redb::{ReadOnlyTable, Table};

use super::error::StoreError;

/// About how long a row gets: some fit into one page of the file.
const ROW_BYTES: usize = 1200;
/// Length of an account's key here: its address.
pub(super) const ACCOUNT_KEY_BYTES: usize = 20;
/// Length of a slot's key here: address and slot number.
pub(super) const SLOT_KEY_BYTES: usize = 52;

/// One change: key, value before, value after.
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
}

/// Writes block `number`'s changes.
pub(super) fn write(
    table: &mut Table<'_, &'static [u8], &'static [u8]>,
    number: u64,
    mut entries: Vec<Entry>,
) -> Result<(), StoreError> {
    entries.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    let mut row_key = Vec::new();
    let mut row = Vec::with_capacity(ROW_BYTES + 256);
    for entry in &entries {
        if row.len() >= ROW_BYTES {
            table.insert(row_key.as_slice(), row.as_slice())?;
            row.clear();
        }
        if row.is_empty() {
            row_key = position(number, &entry.key);
        }
        row.extend_from_slice(&entry.key);
        put_value(&entry.before, &mut row);
        put_value(&entry.after, &mut row);
    }
    if !row.is_empty() {
        table.insert(row_key.as_slice(), row.as_slice())?;
    }
    Ok(())
}

/// Removes the changes of blocks `from..to`.
pub(super) fn prune(
    table: &mut Table<'_, &'static [u8], &'static [u8]>,
    from: u64,
    to: u64,
) -> Result<(), StoreError> {
    let (from, to) = (from.to_be_bytes(), to.to_be_bytes());
    if from < to {
        table.retain_in::<&[u8], _>(from.as_slice()..to.as_slice(), |_, _| false)?;
    }
    Ok(())
}

/// The value of `key` before block `number`, if that block changed it.
pub(super) fn value_before(
    table: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    number: u64,
    key: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let (from, to) = (number.to_be_bytes(), position(number, key));
    let Some(found) = table
        .range::<&[u8]>(from.as_slice()..=to.as_slice())?
        .next_back()
    else {
        return Ok(None);
    };
    let (_, row) = found?;
    let mut rest = row.value();
    while !rest.is_empty() {
        let entry = split(&mut rest, key.len())?;
        if entry.key == key {
            return Ok(Some(entry.before.to_vec()));
        }
    }
    Ok(None)
}

/// All changes of block `number`: calls `visit` with key, value before and value after, in ascending order of keys.
pub(super) fn for_each(
    table: &ReadOnlyTable<&'static [u8], &'static [u8]>,
    number: u64,
    key_bytes: usize,
    mut visit: impl FnMut(&[u8], &[u8], &[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (from, to) = (number.to_be_bytes(), number.saturating_add(1).to_be_bytes());
    for found in table.range::<&[u8]>(from.as_slice()..to.as_slice())? {
        let (_, row) = found?;
        let mut rest = row.value();
        while !rest.is_empty() {
            let entry = split(&mut rest, key_bytes)?;
            visit(entry.key, entry.before, entry.after)?;
        }
    }
    Ok(())
}

/// Where changes of `key` by block `number` are.
fn position(number: u64, key: &[u8]) -> Vec<u8> {
    [number.to_be_bytes().as_slice(), key].concat()
}

fn put_value(value: &[u8], row: &mut Vec<u8>) {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "accounts are at most 73 bytes, slots 32"
    )]
    row.push(value.len() as u8);
    row.extend_from_slice(value);
}

/// One change as it lies in a row.
struct RawEntry<'r> {
    key: &'r [u8],
    before: &'r [u8],
    after: &'r [u8],
}

/// Takes the first entry off a row.
fn split<'r>(rest: &mut &'r [u8], key_bytes: usize) -> Result<RawEntry<'r>, StoreError> {
    let mut take = || {
        let (key, tail) = rest.split_at_checked(key_bytes)?;
        let (length, tail) = tail.split_first()?;
        let (before, tail) = tail.split_at_checked(usize::from(*length))?;
        let (length, tail) = tail.split_first()?;
        let (after, tail) = tail.split_at_checked(usize::from(*length))?;
        *rest = tail;
        Some(RawEntry { key, before, after })
    };
    take().ok_or_else(|| StoreError::corrupt("history", "a row ends within an entry"))
}
