use std::path::Path;

use alloy_primitives::B256;
use forebond_beacon::{bls::PublicKeyBytes, signing::commit_boost::Chain};
use redb::{Database, ReadableTable, WriteTransaction};

use super::{
    Content, Permit, ProtectionError, Request, StoredSignature, constants,
    folder::Folder,
    permit::signing_root,
    record::Record,
    rules::{Verdict, judge, sound},
    tables::{
        OWNERS, OwnerKey, PositionKey, RECORDS, owner_at, owner_key, position_key, read, record_at,
    },
    write::{count_one_more, put, raise},
};
use crate::{client::Verified, dialect::SignerDialect};

/// The database of what was asked. Every method may wait for the disk: call it where that is allowed.
#[derive(Debug)]
pub struct ProtectionDb {
    pub(super) database: Database,
    pub(super) chain: Chain,
    _folder: Option<Folder>,
}

/// What may be done with a request.
#[derive(Debug)]
pub enum Admission {
    /// The content is on disk: the signer may be asked.
    Ask(Permit),
    /// It was signed before.
    Signed(Box<StoredSignature>),
}

impl ProtectionDb {
    /// Opens the database in `dir`, or makes one if there is none. Holds the directory until it is dropped.
    ///
    /// # Errors
    /// Somebody else has it, it is another chain's, or it cannot be read back.
    pub fn open(dir: &Path, chain: Chain) -> Result<Self, ProtectionError> {
        let folder = Folder::lock(dir)?;
        let database = folder.database(|database| constants::write(database, &chain))?;
        constants::check(&database, &chain)?;
        Ok(Self {
            database,
            chain,
            _folder: Some(folder),
        })
    }

    /// On anything that keeps bytes, to cut its writes short.
    #[cfg(test)]
    pub(super) fn on(
        backend: impl redb::StorageBackend,
        chain: Chain,
    ) -> Result<Self, ProtectionError> {
        let database = super::folder::builder()
            .create_with_backend(backend)
            .map_err(ProtectionError::storage)?;
        constants::write(&database, &chain)?;
        constants::check(&database, &chain)?;
        Ok(Self {
            database,
            chain,
            _folder: None,
        })
    }

    /// The chain whose signatures it is about.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// What stands at the position of `request`, without writing: a signature if there is one.
    ///
    /// # Errors
    /// As [`Self::admit`]'s.
    pub fn look(&self, request: &Request) -> Result<Option<StoredSignature>, ProtectionError> {
        sound(request)?;
        let (records, owners) = read(&self.database)?;
        match self.judged(request, &records, &owners)? {
            Admitted::Signed(stored) => Ok(Some(*stored)),
            Admitted::Ask { .. } => Ok(None),
        }
    }

    /// Writes down that `request` is about to be asked for in `dialect`, and gives the right to do so.
    ///
    /// # Errors
    /// The position has another content, is too old, or the disk fails. Then nothing may be asked.
    pub fn admit(
        &self,
        request: &Request,
        dialect: SignerDialect,
    ) -> Result<Admission, ProtectionError> {
        sound(request)?;
        let writing = self.writing()?;
        let admitted = {
            let mut records = writing
                .open_table(RECORDS)
                .map_err(ProtectionError::storage)?;
            let mut owners = writing
                .open_table(OWNERS)
                .map_err(ProtectionError::storage)?;
            let admitted = self.judged(request, &records, &owners)?;
            if let Admitted::Ask { is_new } = admitted {
                let record = Record {
                    content: request.into(),
                    dialect,
                    signature: None,
                };
                put(&mut records, &position_key(&request.position), &record)?;
                if is_new {
                    let owner = owner_key(&request.position.signing_id, &request.position.proposer);
                    count_one_more(&mut records, &mut owners, &owner)?;
                }
            }
            admitted
        };
        match admitted {
            Admitted::Signed(stored) => Ok(Admission::Signed(stored)),
            Admitted::Ask { .. } => {
                // Synced when this returns; a failure in it leaves us without a permit.
                writing.commit().map_err(ProtectionError::storage)?;
                Ok(Admission::Ask(Permit::new(*request, dialect)))
            }
        }
    }

    /// Keeps the signature that came for `permit`; only what this returns may be shown to anybody. If another answer to the
    /// same content was kept meanwhile, that one stands.
    ///
    /// # Errors
    /// The content is no longer the stored one, or the disk fails.
    pub fn keep(
        &self,
        permit: &Permit,
        verified: &Verified,
    ) -> Result<StoredSignature, ProtectionError> {
        let request = *permit.request();
        let not_asked = || ProtectionError::NotAsked {
            position: Box::new(request.position),
        };
        if verified.signing_root() != permit.signing_root(&self.chain) {
            return Err(not_asked());
        }
        let writing = self.writing()?;
        let key = position_key(&request.position);
        let record = {
            let mut records = writing
                .open_table(RECORDS)
                .map_err(ProtectionError::storage)?;
            let found = record_at(&records, &key)?.ok_or_else(not_asked)?;
            if found.content != Content::from(&request) {
                return Err(not_asked());
            }
            let record = match found.signature {
                Some(_) => found,
                None => Record {
                    dialect: permit.dialect(),
                    signature: Some(*verified.signature()),
                    ..found
                },
            };
            put(&mut records, &key, &record)?;
            record
        };
        writing.commit().map_err(ProtectionError::storage)?;
        self.stored(&request, &record).ok_or_else(not_asked)
    }

    /// The lowest slot at which something new may be signed for `proposer`.
    ///
    /// # Errors
    /// The disk fails.
    pub fn lowest_slot(
        &self,
        signing_id: B256,
        proposer: PublicKeyBytes,
    ) -> Result<u64, ProtectionError> {
        let (_, owners) = read(&self.database)?;
        Ok(owner_at(&owners, &owner_key(&signing_id, &proposer))?.0)
    }

    /// Raises that slot; a lower one than the present changes nothing.
    ///
    /// # Errors
    /// The disk fails.
    pub fn raise_lowest_slot(
        &self,
        signing_id: B256,
        proposer: PublicKeyBytes,
        slot: u64,
    ) -> Result<(), ProtectionError> {
        let writing = self.writing()?;
        {
            let mut owners = writing
                .open_table(OWNERS)
                .map_err(ProtectionError::storage)?;
            raise(&mut owners, &owner_key(&signing_id, &proposer), slot)?;
        }
        writing.commit().map_err(ProtectionError::storage)
    }

    pub(super) fn writing(&self) -> Result<WriteTransaction, ProtectionError> {
        self.database
            .begin_write()
            .map_err(ProtectionError::storage)
    }

    pub(super) fn stored(&self, request: &Request, record: &Record) -> Option<StoredSignature> {
        Some(StoredSignature {
            request: *request,
            dialect: record.dialect,
            signing_root: signing_root(request, record.dialect, &self.chain),
            signature: record.signature?,
        })
    }

    fn judged(
        &self,
        request: &Request,
        records: &impl ReadableTable<PositionKey, &'static [u8]>,
        owners: &impl ReadableTable<OwnerKey, (u64, u64)>,
    ) -> Result<Admitted, ProtectionError> {
        let position = &request.position;
        let found = record_at(records, &position_key(position))?;
        let owner = owner_key(&position.signing_id, &position.proposer);
        let (lowest_slot, _) = owner_at(owners, &owner)?;
        let asked = Content::from(request);
        match judge(position, lowest_slot, found.as_ref(), &asked) {
            Verdict::Ask => Ok(Admitted::Ask {
                is_new: found.is_none(),
            }),
            Verdict::Signed(dialect, signature) => {
                Ok(Admitted::Signed(Box::new(StoredSignature {
                    request: *request,
                    dialect,
                    signing_root: signing_root(request, dialect, &self.chain),
                    signature,
                })))
            }
            Verdict::Conflict(first) => Err(ProtectionError::Conflict {
                position: Box::new(*position),
                first: Box::new(first),
                asked: Box::new(asked),
            }),
            Verdict::Below => Err(ProtectionError::BelowLowestSlot {
                position: Box::new(*position),
                lowest_slot,
            }),
        }
    }
}

enum Admitted {
    Signed(Box<StoredSignature>),
    Ask { is_new: bool },
}
