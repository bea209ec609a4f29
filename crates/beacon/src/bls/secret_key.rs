use std::fmt;

use alloy_primitives::B256;
use blst::min_pk;
use zeroize::Zeroizing;

use super::{BlsError, CIPHERSUITE, PublicKey, Signature};

/// A secret key: wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct SecretKey(min_pk::SecretKey);

impl SecretKey {
    /// Reads the 32-byte big-endian integer that keystores hold.
    ///
    /// # Errors
    /// [`BlsError::SecretOutOfRange`] for zero and for integers not below the group order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, BlsError> {
        match min_pk::SecretKey::from_bytes(bytes) {
            Ok(key) => Ok(Self(key)),
            Err(_) => Err(BlsError::SecretOutOfRange),
        }
    }

    /// Derives a key from at least 32 bytes of entropy (`KeyGen` of the BLS signature draft).
    ///
    /// # Errors
    /// [`BlsError::ShortKeyMaterial`].
    pub fn from_key_material(material: &[u8]) -> Result<Self, BlsError> {
        min_pk::SecretKey::key_gen(material, &[])
            .map(Self)
            .map_err(|_| BlsError::ShortKeyMaterial {
                got: material.len(),
            })
    }

    /// The big-endian integer, for writing a keystore. The copy is wiped when dropped.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.sk_to_pk())
    }

    /// Signs a signing root (an object root already mixed with its domain). Deterministic.
    #[must_use]
    pub fn sign(&self, signing_root: B256) -> Signature {
        Signature(self.0.sign(signing_root.as_slice(), CIPHERSUITE, &[]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The group order r, big-endian.
    const ORDER: [u8; 32] =
        alloy_primitives::hex!("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");

    #[test]
    fn zero_and_the_group_order_are_no_secret_keys() {
        assert_eq!(
            SecretKey::from_bytes(&[0; 32]).err(),
            Some(BlsError::SecretOutOfRange)
        );
        assert_eq!(
            SecretKey::from_bytes(&ORDER).err(),
            Some(BlsError::SecretOutOfRange)
        );
        let mut largest = ORDER;
        largest[31] = 0;
        assert!(SecretKey::from_bytes(&largest).is_ok());
    }

    #[test]
    fn debug_output_shows_no_byte_of_the_key() {
        let key = SecretKey::from_key_material(&[7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "SecretKey(hidden)");
    }

    #[test]
    fn short_key_material_is_refused() {
        assert_eq!(
            SecretKey::from_key_material(&[7; 31]).err(),
            Some(BlsError::ShortKeyMaterial { got: 31 })
        );
    }

    #[test]
    fn bytes_survive_a_round_trip() {
        let key = SecretKey::from_key_material(&[9; 32]).unwrap();
        let again = SecretKey::from_bytes(&key.to_bytes()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }
}
