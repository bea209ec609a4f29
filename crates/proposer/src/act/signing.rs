//! Slots handed over by a signed message.

use std::sync::Arc;

use forebond_beacon::{bls::BlsError, signing::fabric::SignedDelegation};
use forebond_commit_boost::{
    client::{ProposerSigner, SignerError},
    dialect::SignerDialect,
    protection::{KeySignature, Kind, Position, Request, SigningKey},
    safe::{SafeError, SafeSigner},
};
use parking_lot::Mutex;

use crate::{
    duties::slots::SlotMessage,
    served::{LogError, MessageLog},
};

/// Why a slot was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SlotSignError {
    /// The message is not on disk.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The protection database or the signer.
    #[error(transparent)]
    Safe(#[from] SafeError),
    /// The slot was handed to another gateway before, by a message that may be about.
    #[error(
        "slot {slot}: it was handed to gateway {first} before, the registry says {now}; the first message stands, and no other is signed"
    )]
    HandedOver {
        /// The slot.
        slot: u64,
        /// By the first message.
        first: u32,
        /// By the registry.
        now: u32,
    },
    /// The form has no word for this signer's roots.
    #[error(
        "signers of the {0} dialect sign roots that relays' form has no word for: slots are lent on L1 all the same; use Commit-Boost v0.10 or later"
    )]
    Form(SignerDialect),
    /// A key is none.
    #[error(transparent)]
    Key(#[from] BlsError),
    /// A signature that is not of BLS.
    #[error("a delegation came with a signature that is not of BLS")]
    Odd,
    /// The thread that waits for the disk is gone.
    #[error("the log was not asked: {0}")]
    Task(String),
}

impl SlotSignError {
    /// What the signer did, when it was the signer's fault.
    #[must_use]
    pub const fn of_signer(&self) -> Option<&SignerError> {
        match self {
            Self::Safe(SafeError::Signer(error)) => Some(error),
            _ => None,
        }
    }
}

/// Signs slots, each once.
#[derive(Debug)]
pub struct SlotSigner<S> {
    safe: Arc<SafeSigner<S>>,
    log: Arc<Mutex<MessageLog>>,
}

impl<S: ProposerSigner> SlotSigner<S> {
    /// Through `safe`, with the messages in `log`.
    #[must_use]
    pub fn new(safe: Arc<SafeSigner<S>>, log: MessageLog) -> Self {
        Self {
            safe,
            log: Arc::new(Mutex::new(log)),
        }
    }

    /// The first message for the slot of `wanted`, or `wanted` itself.
    #[must_use]
    pub fn standing(&self, wanted: &SlotMessage) -> SlotMessage {
        let log = self.log.lock();
        let first = log.first(wanted.message.slot, wanted.message.proposer);
        first.unwrap_or(wanted).clone()
    }

    /// The message as it was signed first, or signed now. It is on disk before the signer hears of it.
    ///
    /// # Errors
    /// [`SlotSignError`].
    pub async fn sign(&self, wanted: SlotMessage) -> Result<SignedDelegation, SlotSignError> {
        let dialect = self
            .safe
            .signer()
            .dialect()
            .await
            .map_err(SafeError::from)?;
        if !dialect.binds_module() {
            return Err(SlotSignError::Form(dialect));
        }
        let (log, message) = (Arc::clone(&self.log), wanted.clone());
        let kept = tokio::task::spawn_blocking(move || log.lock().keep(message)).await;
        let first = kept.map_err(|error| SlotSignError::Task(error.to_string()))??;
        if first.gateway != wanted.gateway {
            return Err(SlotSignError::HandedOver {
                slot: wanted.message.slot,
                first: first.gateway,
                now: wanted.gateway,
            });
        }
        let message = first.message;
        let signing_id = self.safe.signer().signing_id();
        let request = Request {
            position: Position {
                signing_id,
                proposer: message.proposer,
                slot: message.slot,
                kind: Kind::Delegation,
            },
            key: SigningKey::Consensus(message.proposer),
            object_root: message.object_root()?,
            nonce: 0,
        };
        let stored = self.safe.sign(request).await?;
        // Signed before, while the signer was an older one: its root is not the form's.
        if !stored.dialect.binds_module() {
            return Err(SlotSignError::Form(stored.dialect));
        }
        let KeySignature::Bls(signature) = stored.signature else {
            return Err(SlotSignError::Odd);
        };
        Ok(SignedDelegation {
            message,
            nonce: 0,
            signing_id,
            signature,
        })
    }
}
