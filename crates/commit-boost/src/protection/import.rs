use redb::{ReadableTable, Table};

use super::{
    Content, Interchange, Metadata, OwnerEntry, Position, ProtectionDb, ProtectionError, Request,
    SignedEntry,
    permit::Permit,
    record::Record,
    rules::sound,
    tables::{
        OWNERS, OwnerKey, PositionKey, RECORDS, decode, owner_at, owner_key, position_key,
        position_of, read, record_at,
    },
    write::{count_one_more, put, raise},
};
use crate::{client::Verified, dialect::SignerDialect};

/// Larger files are refused before they are read.
pub(super) const MAX_IMPORT_BYTES: usize = 256 << 20;

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Positions that are new here.
    pub added: u64,
    /// Positions known with the same content.
    pub known: u64,
    /// Positions with another content here, or with none in the file: their slot is closed.
    pub closed: u64,
}

impl ProtectionDb {
    /// All of it, as the file's text.
    ///
    /// # Errors
    /// The disk fails, or a record does not parse.
    pub fn export(&self) -> Result<Interchange, ProtectionError> {
        let (records, owners) = read(&self.database)?;
        let mut data: Vec<OwnerEntry> = Vec::new();
        for owner in owners.iter().map_err(ProtectionError::storage)? {
            let (key, value) = owner.map_err(ProtectionError::storage)?;
            let (signing_id, proposer) = split(&key.value());
            data.push(OwnerEntry {
                signing_id,
                proposer,
                min_slot: value.value().0,
                signed: Vec::new(),
            });
        }
        for entry in records.iter().map_err(ProtectionError::storage)? {
            let (key, value) = entry.map_err(ProtectionError::storage)?;
            let position = position_of(&key.value())?;
            let record = decode(value.value())?;
            // Both tables are in the order of owners, and every record has its owner.
            let place = data.binary_search_by(|entry| {
                (entry.signing_id, entry.proposer).cmp(&(position.signing_id, position.proposer))
            });
            let owner = place.ok().and_then(|place| data.get_mut(place));
            let owner = owner.ok_or_else(|| ProtectionError::Damaged {
                what: "the protection database".to_owned(),
                reason: format!("{position} belongs to nobody"),
            })?;
            let is_open = !record.content.is_closed();
            owner.signed.push(SignedEntry {
                slot: position.slot,
                kind: position.kind,
                content: is_open.then_some(record.content),
                dialect: is_open.then_some(record.dialect),
                signature: record.signature,
            });
        }
        Ok(Interchange {
            metadata: Metadata::of(&self.chain),
            data,
        })
    }

    /// Reads a file's text; see [`Self::import`].
    ///
    /// # Errors
    /// As there, and when the text is no such file.
    pub fn import_text(&self, text: &str) -> Result<ImportReport, ProtectionError> {
        if text.len() > MAX_IMPORT_BYTES {
            return Err(ProtectionError::Interchange(format!(
                "expected at most {MAX_IMPORT_BYTES} bytes, got {}",
                text.len()
            )));
        }
        let file = serde_json::from_str(text)
            .map_err(|error| ProtectionError::Interchange(error.to_string()))?;
        self.import(&file)
    }

    /// Adds the restrictions of `file`, all of them or none. What is forbidden now stays so.
    ///
    /// # Errors
    /// Another format, version or chain; a signature that does not verify; the disk fails.
    pub fn import(&self, file: &Interchange) -> Result<ImportReport, ProtectionError> {
        let expected = Metadata::of(&self.chain);
        if file.metadata != expected {
            return Err(ProtectionError::Interchange(format!(
                "expected {expected:?}, got {:?}",
                file.metadata
            )));
        }
        let mut report = ImportReport::default();
        let writing = self.writing()?;
        {
            let mut records = writing
                .open_table(RECORDS)
                .map_err(ProtectionError::storage)?;
            let mut owners = writing
                .open_table(OWNERS)
                .map_err(ProtectionError::storage)?;
            for owner in &file.data {
                raise(
                    &mut owners,
                    &owner_key(&owner.signing_id, &owner.proposer),
                    owner.min_slot,
                )?;
                for entry in &owner.signed {
                    self.take(owner, entry, &mut records, &mut owners, &mut report)?;
                }
            }
        }
        writing.commit().map_err(ProtectionError::storage)?;
        Ok(report)
    }

    fn take(
        &self,
        owner: &OwnerEntry,
        entry: &SignedEntry,
        records: &mut Table<'_, PositionKey, &'static [u8]>,
        owners: &mut Table<'_, OwnerKey, (u64, u64)>,
        report: &mut ImportReport,
    ) -> Result<(), ProtectionError> {
        let position = Position {
            signing_id: owner.signing_id,
            proposer: owner.proposer,
            slot: entry.slot,
            kind: entry.kind,
        };
        let owner = owner_key(&position.signing_id, &position.proposer);
        let key = position_key(&position);
        let found = record_at(records, &key)?;
        let Some(content) = entry.content else {
            report.closed += 1;
            return close(&position, found.as_ref(), records, owners);
        };
        let record = self.checked_record(position, content, entry)?;
        match found {
            Some(found) if found.content != content => {
                report.closed += 1;
                close(&position, Some(&found), records, owners)
            }
            Some(found) => {
                report.known += 1;
                if found.signature.is_none() && record.signature.is_some() {
                    put(records, &key, &record)?;
                }
                Ok(())
            }
            None if position.kind.passes_with_slots()
                && position.slot < owner_at(owners, &owner)?.0
                && record.signature.is_none() =>
            {
                // Closed already; without a signature there is nothing to show again.
                Ok(())
            }
            None => {
                report.added += 1;
                put(records, &key, &record)?;
                count_one_more(records, owners, &owner)
            }
        }
    }

    /// A signature of the file is kept only if it is one: it will be shown to others as ours.
    fn checked_record(
        &self,
        position: Position,
        content: Content,
        entry: &SignedEntry,
    ) -> Result<Record, ProtectionError> {
        let request = Request {
            position,
            key: content.key,
            object_root: content.object_root,
            nonce: content.nonce,
        };
        sound(&request)?;
        let dialect = entry.dialect.unwrap_or(SignerDialect::Split);
        if let Some(signature) = entry.signature {
            Verified::check(&self.chain, &Permit::new(request, dialect), signature)
                .map_err(|error| ProtectionError::Interchange(error.to_string()))?;
        }
        Ok(Record {
            content,
            dialect,
            signature: entry.signature,
        })
    }
}

fn split(owner: &OwnerKey) -> (alloy_primitives::B256, forebond_beacon::bls::PublicKeyBytes) {
    let (signing_id, proposer) = owner.split_at(32);
    (
        alloy_primitives::B256::from_slice(signing_id),
        forebond_beacon::bls::PublicKeyBytes::from_slice(proposer),
    )
}

/// Lets nothing new be signed at a position: by the lowest slot, or, where that says nothing, by a content that nobody asks for.
fn close(
    position: &Position,
    found: Option<&Record>,
    records: &mut Table<'_, PositionKey, &'static [u8]>,
    owners: &mut Table<'_, OwnerKey, (u64, u64)>,
) -> Result<(), ProtectionError> {
    let owner = owner_key(&position.signing_id, &position.proposer);
    if position.kind.passes_with_slots() {
        return raise(owners, &owner, position.slot.saturating_add(1));
    }
    // What is stored goes on being shown, and another content is refused beside it.
    if found.is_some_and(|found| found.signature.is_some()) {
        return Ok(());
    }
    let record = Record {
        content: Content::closed(position.proposer),
        dialect: SignerDialect::Split,
        signature: None,
    };
    put(records, &position_key(position), &record)?;
    match found {
        Some(_) => Ok(()),
        None => count_one_more(records, owners, &owner),
    }
}
