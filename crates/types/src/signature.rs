use alloy_primitives::{Address, B256, hex, keccak256};
use secp256k1::{
    Message, SECP256K1,
    ecdsa::{RecoverableSignature, RecoveryId},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Half the order of secp256k1; a larger `s` is the malleable twin of a smaller one.
const HALF_ORDER: [u8; 32] =
    hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/// A 65-byte ECDSA signature `r ‖ s ‖ v` with low `s` and `v` of 27 or 28.
///
/// Only the canonical form exists: the other encodings of the same signature are refused when they
/// are read, so no object of the protocol can be altered without becoming invalid.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature([u8; 65]);

/// Why bytes are not a canonical signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Wrong length.
    #[error("a signature has 65 bytes (r, s, v), got {0}")]
    Length(usize),
    /// `v` outside 27 and 28.
    #[error("the last byte of a signature is 27 or 28, got {0}")]
    RecoveryByte(u8),
    /// `s` in the upper half of the group order.
    #[error(
        "the signature's s is in the upper half of the group order; its low-s form is expected"
    )]
    HighS,
    /// Numbers that are no signature at all.
    #[error("r and s do not form a signature of this digest")]
    Invalid,
}

impl Signature {
    /// Reads 65 canonical bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SignatureError> {
        let array: [u8; 65] = bytes
            .try_into()
            .map_err(|_| SignatureError::Length(bytes.len()))?;
        let [.., v] = array;
        if !matches!(v, 27 | 28) {
            return Err(SignatureError::RecoveryByte(v));
        }
        if array[32..64] > HALF_ORDER[..] {
            return Err(SignatureError::HighS);
        }
        Ok(Self(array))
    }

    /// The 65 bytes.
    pub const fn as_bytes(&self) -> &[u8; 65] {
        &self.0
    }

    /// The address whose key signed `digest`.
    pub fn recover(&self, digest: B256) -> Result<Address, SignatureError> {
        let id = RecoveryId::try_from(i32::from(self.0[64]) - 27)
            .map_err(|_| SignatureError::RecoveryByte(self.0[64]))?;
        let signature = RecoverableSignature::from_compact(&self.0[..64], id)
            .map_err(|_| SignatureError::Invalid)?;
        let key = SECP256K1
            .recover_ecdsa(&Message::from_digest(digest.0), &signature)
            .map_err(|_| SignatureError::Invalid)?;
        let hash = keccak256(&key.serialize_uncompressed()[1..]);
        Ok(Address::from_slice(&hash[12..]))
    }

    /// Signs `digest` with `key`; deterministic (RFC 6979), low `s`.
    pub fn sign(digest: B256, key: &secp256k1::SecretKey) -> Self {
        let (id, compact) = SECP256K1
            .sign_ecdsa_recoverable(&Message::from_digest(digest.0), key)
            .serialize_compact();
        let mut bytes = [0u8; 65];
        bytes[..64].copy_from_slice(&compact);
        bytes[64] = if i32::from(id) == 0 { 27 } else { 28 };
        Self(bytes)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode_prefixed(self.0))
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode_prefixed(self.0))
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = alloy_primitives::Bytes::deserialize(deserializer)?;
        Self::from_bytes(&bytes).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> secp256k1::SecretKey {
        secp256k1::SecretKey::from_slice(&[7u8; 32]).unwrap()
    }

    #[test]
    fn a_signature_recovers_its_signer_and_repeats_byte_for_byte() {
        let digest = keccak256("promise");
        let first = Signature::sign(digest, &key());
        assert_eq!(first, Signature::sign(digest, &key()));
        let public = key().public_key(SECP256K1).serialize_uncompressed();
        assert_eq!(
            first.recover(digest).unwrap(),
            Address::from_slice(&keccak256(&public[1..])[12..])
        );
    }

    #[test]
    fn the_malleable_twin_and_odd_recovery_bytes_are_refused() {
        let mut bytes = *Signature::sign(keccak256("x"), &key()).as_bytes();
        bytes[64] -= 27;
        assert!(matches!(
            Signature::from_bytes(&bytes),
            Err(SignatureError::RecoveryByte(_))
        ));
        bytes[64] = 27;
        bytes[32..64].copy_from_slice(&[0xee; 32]);
        assert_eq!(Signature::from_bytes(&bytes), Err(SignatureError::HighS));
        assert_eq!(
            Signature::from_bytes(&bytes[1..]),
            Err(SignatureError::Length(64))
        );
    }
}
