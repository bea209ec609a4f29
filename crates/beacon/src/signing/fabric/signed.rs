//! A delegation and its signature as Fabric's relays take and show them, in JSON (constraints-specs, "delegate").

use alloy_primitives::{Address, B256, Bytes};
use serde::{Deserialize, Serialize};

use super::{Delegation, G1Point, delegation_root};
use crate::{
    bls::{BlsError, PublicKey, PublicKeyBytes, Signature, SignatureBytes},
    signing::commit_boost::{Chain, Dialect, object_signing_root},
};

/// [`Delegation`] with its keys as they stand in JSON: not checked yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlotDelegation {
    /// The validator that proposes in `slot`.
    pub proposer: PublicKeyBytes,
    /// The gateway's BLS key.
    pub delegate: PublicKeyBytes,
    /// The gateway's ECDSA key, by its address.
    pub committer: Address,
    /// L1 slot.
    #[serde(deserialize_with = "number_or_text")]
    pub slot: u64,
    /// For gateways to interpret.
    pub metadata: Bytes,
}

/// A [`SlotDelegation`] that the proposer's key signed through a Commit-Boost signer from v0.10 on. Signatures of older
/// signers are over another root, which the form has no word for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedDelegation {
    /// What was signed.
    pub message: SlotDelegation,
    /// Under which nonce.
    #[serde(deserialize_with = "number_or_text")]
    pub nonce: u64,
    /// For which module.
    pub signing_id: B256,
    /// By `message.proposer`.
    pub signature: SignatureBytes,
}

impl SlotDelegation {
    /// The root that names it.
    ///
    /// # Errors
    /// One of the keys is no point of the curve's subgroup.
    pub fn object_root(&self) -> Result<B256, BlsError> {
        let point = |key: &PublicKeyBytes| PublicKey::try_from(key).map(|key| G1Point::from(&key));
        Ok(delegation_root(Delegation {
            proposer: point(&self.proposer)?,
            delegate: point(&self.delegate)?,
            committer: self.committer,
            slot: self.slot,
            metadata: self.metadata.clone(),
        }))
    }
}

impl SignedDelegation {
    /// Whether the proposer's key signed it for `chain`. About a millisecond.
    ///
    /// # Errors
    /// A key or the signature is malformed, or the signature is of something or somebody else.
    pub fn verify(&self, chain: &Chain) -> Result<(), BlsError> {
        let dialect = Dialect::Module {
            signing_id: self.signing_id,
            nonce: self.nonce,
        };
        let root = object_signing_root(chain, dialect, self.message.object_root()?);
        let proposer = PublicKey::try_from(&self.message.proposer)?;
        Signature::from_bytes(self.signature.as_slice())?.verify(&proposer, root)
    }
}

/// The specification shows decimal strings, its implementation writes numbers: both are read, numbers are written.
fn number_or_text<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Number(u64),
        Text(String),
    }
    match Form::deserialize(deserializer)? {
        Form::Number(number) => Ok(number),
        Form::Text(text) => {
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
                serde::de::Error::custom(format!("expected a number of 64 bits, got {text:.40?}"))
            })
        }
    }
}
