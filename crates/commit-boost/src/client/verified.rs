use alloy_primitives::{Address, B256};
use forebond_beacon::{
    bls::{BlsError, PublicKey, PublicKeyBytes, Signature, SignatureBytes},
    signing::commit_boost::Chain,
};
use forebond_types::SignatureError;

use crate::protection::{KeySignature, Permit, SigningKey};

/// A signature of the key that was asked, over the root that we expect. Cannot be made otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    signature: KeySignature,
    signing_root: B256,
}

/// Why a signature is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The key is no point.
    #[error("{key} is no BLS public key: {reason}")]
    Key {
        /// The key.
        key: PublicKeyBytes,
        /// Why.
        reason: BlsError,
    },
    /// A BLS signature.
    #[error("the signature over {signing_root} is not {key}'s: {reason}")]
    Bls {
        /// The key that was asked.
        key: PublicKeyBytes,
        /// What it should have signed.
        signing_root: B256,
        /// Why.
        reason: BlsError,
    },
    /// An ECDSA signature that is none.
    #[error("the signature over {signing_root} is no signature: {reason}")]
    Ecdsa {
        /// What should have been signed.
        signing_root: B256,
        /// Why.
        reason: SignatureError,
    },
    /// An ECDSA signature of somebody else, or over something else.
    #[error("the signature over {signing_root} is {got}'s, expected {expected}'s")]
    Signer {
        /// The address that was asked.
        expected: Address,
        /// The address it recovers to.
        got: Address,
        /// What should have been signed.
        signing_root: B256,
    },
    /// A BLS signature of an ECDSA key, or the other way round.
    #[error("the signature is not of the kind of {key}")]
    Kind {
        /// The key that was asked.
        key: SigningKey,
    },
}

impl Verified {
    /// Checks `signature` against what `permit` allows on `chain`. About a millisecond.
    ///
    /// # Errors
    /// [`NotVerified`].
    pub fn check(
        chain: &Chain,
        permit: &Permit,
        signature: KeySignature,
    ) -> Result<Self, NotVerified> {
        let signing_root = permit.signing_root(chain);
        let key = permit.request().key;
        match (key, &signature) {
            (
                SigningKey::Consensus(key) | SigningKey::ProxyBls(key),
                KeySignature::Bls(signature),
            ) => bls(&key, signing_root, signature)?,
            (SigningKey::ProxyEcdsa(expected), KeySignature::Ecdsa(signature)) => {
                let got = signature
                    .recover(signing_root)
                    .map_err(|reason| NotVerified::Ecdsa {
                        signing_root,
                        reason,
                    })?;
                if got != expected {
                    return Err(NotVerified::Signer {
                        expected,
                        got,
                        signing_root,
                    });
                }
            }
            _ => return Err(NotVerified::Kind { key }),
        }
        Ok(Self {
            signature,
            signing_root,
        })
    }

    /// The signature.
    #[must_use]
    pub const fn signature(&self) -> &KeySignature {
        &self.signature
    }

    /// What it is over.
    #[must_use]
    pub const fn signing_root(&self) -> B256 {
        self.signing_root
    }
}

/// Whether `signature` is `key`'s over `signing_root`.
pub(super) fn bls(
    key: &PublicKeyBytes,
    signing_root: B256,
    signature: &SignatureBytes,
) -> Result<(), NotVerified> {
    let public =
        PublicKey::try_from(key).map_err(|reason| NotVerified::Key { key: *key, reason })?;
    Signature::from_bytes(signature.as_slice())
        .and_then(|signature| signature.verify(&public, signing_root))
        .map_err(|reason| NotVerified::Bls {
            key: *key,
            signing_root,
            reason,
        })
}
