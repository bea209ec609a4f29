//! Registration by the validators' own keys.

use alloy_primitives::{Address, Bytes};
use forebond_beacon::{
    bls::{BlsError, PublicKey, PublicKeyBytes, Signature},
    signing::registration::object_root,
};
use forebond_commit_boost::{
    client::ProposerSigner,
    protection::{KeySignature, Kind, Position, Request, SigningKey},
    safe::{SafeError, SafeSigner},
};
use forebond_contracts::bindings::ValidatorRegistry;

use super::ValidatorProofs;

/// Why there is no registration.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nothing was signed.
    #[error(transparent)]
    Safe(#[from] SafeError),
    /// A key or a signature is none.
    #[error("{key}: {reason}")]
    Bls {
        /// The validator's.
        key: PublicKeyBytes,
        /// Why.
        reason: BlsError,
    },
    /// A signature of the wrong kind, or a proof that is missing.
    #[error("{0}")]
    Odd(&'static str),
}

/// The validator's word for `operator`, under the nonce that the registry expects. The same one as often as it is asked for.
///
/// # Errors
/// [`RegisterError`].
pub async fn sign_registration<S: ProposerSigner>(
    safe: &SafeSigner<S>,
    (operator, registry): (Address, Address),
    key: PublicKeyBytes,
    nonce: u64,
) -> Result<Signature, RegisterError> {
    let position = Position {
        signing_id: safe.signer().signing_id(),
        proposer: key,
        slot: nonce,
        kind: Kind::Registration,
    };
    let signed = safe
        .sign(Request {
            position,
            key: SigningKey::Consensus(key),
            object_root: object_root(operator, registry),
            nonce,
        })
        .await?;
    let KeySignature::Bls(bytes) = signed.signature else {
        return Err(RegisterError::Odd(
            "a registration came with a signature that is not of BLS",
        ));
    };
    Signature::from_bytes(bytes.as_slice()).map_err(|reason| RegisterError::Bls { key, reason })
}

/// The call that registers all whose signatures there are. `signed`: ascending by number, as the proofs.
///
/// # Errors
/// [`RegisterError::Bls`], [`RegisterError::Odd`].
pub fn registration_call(
    proofs: &ValidatorProofs,
    signed: &[(u64, PublicKeyBytes, Signature)],
    operator: Address,
    nonce: u64,
) -> Result<ValidatorRegistry::registerByKeysCall, RegisterError> {
    let mut validators = Vec::with_capacity(signed.len());
    let mut header = None;
    for (index, key, _) in signed {
        let proof = proofs
            .proofs
            .iter()
            .find(|proof| proof.validator_index == *index)
            .ok_or(RegisterError::Odd("a validator's proof is missing"))?;
        let point =
            PublicKey::try_from(key).map_err(|reason| RegisterError::Bls { key: *key, reason })?;
        if point.hash_tree_root() != proof.pubkey_root {
            return Err(RegisterError::Odd(
                "the beacon node's proof is of another key than its list of validators",
            ));
        }
        header = Some(proof.header);
        validators.push(ValidatorRegistry::KeyProof {
            validatorIndex: *index,
            withdrawalCredentials: proof.withdrawal_credentials,
            branch: proof.branch.clone(),
            key: Bytes::copy_from_slice(&point.to_eip2537()),
        });
    }
    let header = header.ok_or(RegisterError::Odd("there is nobody to register"))?;
    let signatures = signed.iter().map(|(_, _, signature)| signature);
    let sum = Signature::aggregate(signatures).map_err(|reason| RegisterError::Bls {
        key: PublicKeyBytes::ZERO,
        reason,
    })?;
    Ok(ValidatorRegistry::registerByKeysCall {
        header: ValidatorRegistry::HeaderProof {
            rootTimestamp: proofs.root_timestamp_s,
            header: ValidatorRegistry::BeaconHeader {
                slot: header.slot,
                proposerIndex: header.proposer_index,
                parentRoot: header.parent_root,
                stateRoot: header.state_root,
                bodyRoot: header.body_root,
            },
        },
        validators,
        signature: Bytes::copy_from_slice(&sum.to_eip2537()),
        operator,
        nonce,
    })
}
