use super::{GuardFile, GuardFileError};
use alloy_primitives::{Address, B256};
use forebond_protocol::{Guard, GuardError, Position};
use forebond_types::{Domain, Signature};

/// Signs messages of one domain, each position once.
pub struct Signer {
    key: secp256k1::SecretKey,
    committer: Address,
    domain: Domain,
    separator: B256,
    guard: Guard,
    file: GuardFile,
}

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The guard refuses.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// The guard's record cannot be kept.
    #[error(transparent)]
    File(#[from] GuardFileError),
}

impl Signer {
    /// A signer behind `guard`, which a replay has brought up to date.
    pub fn new(key: secp256k1::SecretKey, committer: Address, domain: Domain, guard: Guard, file: GuardFile) -> Self {
        Self { key, committer, domain, separator: domain.separator(), guard, file }
    }

    /// The address that verifies the signatures.
    pub const fn committer(&self) -> Address {
        self.committer
    }

    /// The signature domain.
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// Asks the guard for all of `messages` first, keeps its record, then signs them. Either all
    /// are signed or none.
    pub fn sign_all(&mut self, messages: &[(Position, B256)]) -> Result<Vec<Signature>, SignerError> {
        for (position, struct_hash) in messages {
            self.guard.authorize(*position, *struct_hash)?;
        }
        self.file.keep(self.guard.record())?;
        Ok(messages
            .iter()
            .map(|(_, hash)| Signature::sign(Domain::digest_of(self.separator, *hash), &self.key))
            .collect())
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("committer", &self.committer).field("domain", &self.domain).finish_non_exhaustive()
    }
}
