use super::{GuardFile, GuardFileError};
use alloy_primitives::{Address, B256};
use forebond_protocol::{Guard, GuardError, GuardRecord, Position};
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
    pub fn new(
        key: secp256k1::SecretKey,
        committer: Address,
        domain: Domain,
        guard: Guard,
        file: GuardFile,
    ) -> Self {
        Self {
            key,
            committer,
            domain,
            separator: domain.separator(),
            guard,
            file,
        }
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
    pub fn sign_all(
        &mut self,
        messages: &[(Position, B256)],
    ) -> Result<Vec<Signature>, SignerError> {
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

/// A signer while the log is replayed: what is signed was signed before, byte for byte.
#[derive(Debug)]
pub struct ReplaySigner {
    signer: Signer,
    kept: GuardRecord,
}

impl ReplaySigner {
    /// Starts a replay; `kept` is the record found outside the data directory.
    pub const fn new(signer: Signer, kept: GuardRecord) -> Self {
        Self { signer, kept }
    }

    /// The signature domain.
    pub const fn domain(&self) -> Domain {
        self.signer.domain
    }

    /// Signs a logged message again. Nothing is shown to anybody before [`Self::finish`].
    pub fn repeat(
        &mut self,
        position: Position,
        struct_hash: B256,
    ) -> Result<Signature, SignerError> {
        self.signer.guard.authorize(position, struct_hash)?;
        Ok(Signature::sign(
            Domain::digest_of(self.signer.separator, struct_hash),
            &self.signer.key,
        ))
    }

    /// Notes that a logged message was signed, without signing it again.
    pub fn pass(&mut self, position: Position, struct_hash: B256) -> Result<(), SignerError> {
        Ok(self.signer.guard.authorize(position, struct_hash)?)
    }

    /// Ends the replay: refuses when the log ends before what was signed (R17), and gives the signer back all the same.
    #[allow(
        clippy::result_large_err,
        reason = "the signer goes on after the error"
    )]
    pub fn finish(mut self) -> Result<Signer, (SignerError, Self)> {
        if let Err(error) = self.signer.guard.check_against(&self.kept) {
            return Err((error.into(), self));
        }
        match self.signer.file.keep(self.signer.guard.record()) {
            Ok(()) => Ok(self.signer),
            Err(error) => Err((error.into(), self)),
        }
    }

    /// Goes on from the record kept outside of the log: everything up to it counts as signed.
    pub fn trusting(mut self, kept: GuardRecord) -> Signer {
        self.signer.guard = Guard::resume(kept);
        self.signer
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer")
            .field("committer", &self.committer)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}
