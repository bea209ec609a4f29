use alloy_primitives::B256;
use forebond_beacon::{
    bls::{PublicKey, Signature, verify_aggregate, verify_sync_aggregate},
    containers::{PublicKeyBytes, SignatureBytes},
};

use super::{
    config::ChainConfig,
    error::{Result, TransitionError},
    keys::KeyRing,
};

/// What every step of a transition needs besides the state.
#[derive(Clone, Copy)]
pub(super) struct Rules<'a> {
    pub(super) config: &'a ChainConfig,
    pub(super) keys: &'a KeyRing,
    /// Off only where the signatures were just made here; everything else is always checked.
    pub(super) verify_signatures: bool,
}

impl Rules<'_> {
    /// One signer, checked unless switched off.
    pub(super) fn check(
        &self,
        what: &'static str,
        key: &PublicKeyBytes,
        signing_root: B256,
        signature: &SignatureBytes,
    ) -> Result<()> {
        if !self.verify_signatures {
            return Ok(());
        }
        self.keys
            .checked(key)
            .and_then(|key| Signature::from_bytes(signature.as_slice())?.verify(&key, signing_root))
            .map_err(|source| TransitionError::Signature { what, source })
    }

    /// One aggregate over one message, checked unless switched off.
    pub(super) fn check_aggregate<'k>(
        &self,
        what: &'static str,
        keys: impl IntoIterator<Item = &'k PublicKeyBytes>,
        signing_root: B256,
        signature: &SignatureBytes,
    ) -> Result<()> {
        if !self.verify_signatures {
            return Ok(());
        }
        let keys = self.checked_keys(what, keys)?;
        let keys: Vec<&PublicKey> = keys.iter().collect();
        Signature::from_bytes(signature.as_slice())
            .and_then(|signature| verify_aggregate(&signature, &keys, signing_root))
            .map_err(|source| TransitionError::Signature { what, source })
    }

    /// As [`Rules::check_aggregate`], where nobody's signature is infinity.
    pub(super) fn check_sync_aggregate<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k PublicKeyBytes>,
        signing_root: B256,
        signature: &SignatureBytes,
    ) -> Result<()> {
        if !self.verify_signatures {
            return Ok(());
        }
        let what = "sync aggregate";
        let keys = self.checked_keys(what, keys)?;
        let keys: Vec<&PublicKey> = keys.iter().collect();
        verify_sync_aggregate(signature, &keys, signing_root)
            .map_err(|source| TransitionError::Signature { what, source })
    }

    fn checked_keys<'k>(
        &self,
        what: &'static str,
        keys: impl IntoIterator<Item = &'k PublicKeyBytes>,
    ) -> Result<Vec<PublicKey>> {
        keys.into_iter()
            .map(|key| self.keys.checked(key))
            .collect::<Result<_, _>>()
            .map_err(|source| TransitionError::Signature { what, source })
    }
}
