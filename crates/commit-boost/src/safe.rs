//! The one door to a signature: what is asked is on disk before, what comes back is verified and on disk before anybody
//! gets it.

use std::sync::Arc;

use crate::{
    client::{ProposerSigner, SignerError},
    dialect::SignerDialect,
    protection::{
        Admission, Kind, ProtectionDb, ProtectionError, Request, SigningKey, StoredSignature,
    },
};

/// A signer that cannot be made to sign two contents for one position.
#[derive(Debug)]
pub struct SafeSigner<S> {
    signer: S,
    protection: Arc<ProtectionDb>,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SafeError {
    /// The database refuses.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// The signer fails.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The validator's own key is not for this.
    #[error("a {kind:?} is signed by a proxy key, not by {key}; make one with `new_proxy`")]
    ConsensusKey {
        /// What was to be signed.
        kind: Kind,
        /// The key.
        key: SigningKey,
    },
    /// A signature that would be worth nothing.
    #[error(
        "a {kind:?} needs a signature bound to module, nonce and chain id; signers of the {dialect} dialect do not bind theirs: use Commit-Boost v0.10 or later"
    )]
    Unbound {
        /// What was to be signed.
        kind: Kind,
        /// The signer's.
        dialect: SignerDialect,
    },
    /// Signer and database are about different chains.
    #[error(
        "the signer's client is set up for chain id {signer}, the protection database is of chain id {database}"
    )]
    Chains {
        /// The client's.
        signer: u64,
        /// The database's.
        database: u64,
    },
    /// The thread that waits for the disk is gone.
    #[error("the protection database was not asked: {0}")]
    Task(String),
}

impl<S: ProposerSigner> SafeSigner<S> {
    /// Joins them.
    ///
    /// # Errors
    /// [`SafeError::Chains`].
    pub fn new(signer: S, protection: Arc<ProtectionDb>) -> Result<Self, SafeError> {
        if signer.chain() != *protection.chain() {
            return Err(SafeError::Chains {
                signer: signer.chain().chain_id,
                database: protection.chain().chain_id,
            });
        }
        Ok(Self { signer, protection })
    }

    /// The client, for all that needs no permit.
    pub const fn signer(&self) -> &S {
        &self.signer
    }

    /// The database, for exports, imports and the lowest slots.
    pub const fn protection(&self) -> &Arc<ProtectionDb> {
        &self.protection
    }

    /// The signature over `request`: the stored one, or a new one that is stored when this returns.
    ///
    /// Cut off in the middle (a crash, a dropped future), the content stays at its position: the same request goes on from
    /// there, any other is refused.
    ///
    /// # Errors
    /// [`SafeError`].
    pub async fn sign(&self, request: Request) -> Result<StoredSignature, SafeError> {
        let kind = request.position.kind;
        if matches!(request.key, SigningKey::Consensus(_)) && !kind.is_for_consensus_key() {
            return Err(SafeError::ConsensusKey {
                kind,
                key: request.key,
            });
        }
        if request.position.signing_id != self.signer.signing_id() {
            return Err(SafeError::Signer(SignerError::OtherModule {
                what: format!("a {kind:?}"),
                expected: self.signer.signing_id(),
                got: request.position.signing_id,
            }));
        }
        // Before the signer is looked at: what is signed already needs no signer.
        if let Some(stored) = self.on_disk(move |db| db.look(&request)).await? {
            return Ok(stored);
        }
        let dialect = self.signer.dialect().await?;
        if kind.needs_bound_root() && !dialect.binds_module() {
            return Err(SafeError::Unbound { kind, dialect });
        }
        if !dialect.can_name(&request.key) {
            let what = request.key.to_string();
            return Err(SafeError::Signer(SignerError::unnameable(&what, dialect)));
        }
        // What can be known to be in vain was refused above: from here on the content stands.
        match self.on_disk(move |db| db.admit(&request, dialect)).await? {
            Admission::Signed(stored) => Ok(*stored),
            Admission::Ask(permit) => {
                let verified = self.signer.sign(&permit).await?;
                self.on_disk(move |db| db.keep(&permit, &verified)).await
            }
        }
    }

    /// Syncing takes milliseconds: not on a thread that others' tasks wait for.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ProtectionDb) -> Result<T, ProtectionError> + Send + 'static,
    ) -> Result<T, SafeError> {
        let protection = Arc::clone(&self.protection);
        let done = tokio::task::spawn_blocking(move || work(&protection)).await;
        Ok(done.map_err(|error| SafeError::Task(error.to_string()))??)
    }
}
