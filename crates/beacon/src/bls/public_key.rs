use std::{fmt, str::FromStr};

use alloy_primitives::{B256, FixedBytes, hex};
use blst::min_pk;
use ethereum_hashing::hash32_concat;

use super::BlsError;

/// A compressed public key as it stands in SSZ, JSON and keystores: not checked yet.
pub type PublicKeyBytes = FixedBytes<48>;

/// A point of G1's prime-order subgroup, not infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(pub(super) min_pk::PublicKey);

impl PublicKey {
    /// Decompresses and checks a key (`KeyValidate`).
    ///
    /// # Errors
    /// Wrong length or flags, off the curve, outside the subgroup, infinity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlsError> {
        if bytes.len() != PublicKeyBytes::len_bytes() {
            return Err(BlsError::Length {
                got: bytes.len(),
                expected: PublicKeyBytes::len_bytes(),
            });
        }
        let key = min_pk::PublicKey::uncompress(bytes).map_err(BlsError::from_blst)?;
        Self::checked(key)
    }

    /// The 48 compressed bytes.
    #[must_use]
    pub fn to_bytes(&self) -> PublicKeyBytes {
        self.0.compress().into()
    }

    /// SSZ hash tree root of the compressed key: `sha256(48 bytes ‖ 16 zero bytes)`. Contracts compare keys by it.
    #[must_use]
    pub fn hash_tree_root(&self) -> B256 {
        public_key_root(&self.to_bytes())
    }

    /// The sum of the keys, for one message signed by all of them. Callers must know that each key's owner holds its
    /// secret (deposits prove it), otherwise a rogue key can cancel the others.
    ///
    /// # Errors
    /// [`BlsError::Empty`], and [`BlsError::Infinity`] when the keys cancel out.
    pub fn aggregate<'a>(keys: impl IntoIterator<Item = &'a Self>) -> Result<Self, BlsError> {
        let keys: Vec<&min_pk::PublicKey> = keys.into_iter().map(|key| &key.0).collect();
        let sum =
            min_pk::AggregatePublicKey::aggregate(&keys, false).map_err(BlsError::from_blst)?;
        Self::checked(sum.to_public_key())
    }

    pub(super) fn checked(key: min_pk::PublicKey) -> Result<Self, BlsError> {
        key.validate().map_err(BlsError::from_blst)?;
        Ok(Self(key))
    }
}

/// SSZ hash tree root of a compressed key that need not be a valid point.
pub(crate) fn public_key_root(bytes: &PublicKeyBytes) -> B256 {
    let (first, rest) = bytes.split_at(32);
    let mut second = [0; 32];
    second[..16].copy_from_slice(rest);
    hash32_concat(first, &second).into()
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.to_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_bytes())
    }
}

impl FromStr for PublicKey {
    type Err = BlsError;

    /// Reads hex with or without `0x`.
    fn from_str(text: &str) -> Result<Self, BlsError> {
        let bytes = hex::decode(text).map_err(|_| BlsError::Encoding)?;
        Self::from_bytes(&bytes)
    }
}

impl TryFrom<&PublicKeyBytes> for PublicKey {
    type Error = BlsError;

    fn try_from(bytes: &PublicKeyBytes) -> Result<Self, BlsError> {
        Self::from_bytes(bytes.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::interop_key;

    #[test]
    fn keys_outside_the_subgroup_are_refused() {
        // x = 4 lies on the curve y^2 = x^3 + 4, in a coset of small order: a stock ADD precompile would take it.
        let mut bytes = [0; 48];
        bytes[0] = 0x80;
        bytes[47] = 4;
        assert_eq!(
            PublicKey::from_bytes(&bytes).err(),
            Some(BlsError::NotInSubgroup)
        );
    }

    #[test]
    fn keys_off_the_curve_are_refused() {
        let mut bytes = [0; 48];
        bytes[0] = 0x80;
        bytes[47] = 1;
        assert_eq!(
            PublicKey::from_bytes(&bytes).err(),
            Some(BlsError::NotOnCurve)
        );
    }

    #[test]
    fn the_infinity_key_is_refused() {
        let mut bytes = [0; 48];
        bytes[0] = 0xc0;
        assert_eq!(
            PublicKey::from_bytes(&bytes).err(),
            Some(BlsError::Infinity)
        );
    }

    #[test]
    fn uncompressed_flags_wrong_lengths_and_large_coordinates_are_refused() {
        let key = interop_key(0).public_key();
        assert_eq!(
            PublicKey::from_bytes(&key.0.serialize()).err(),
            Some(BlsError::Length {
                got: 96,
                expected: 48
            })
        );
        assert_eq!(
            PublicKey::from_bytes(&key.to_bytes()[..47]).err(),
            Some(BlsError::Length {
                got: 47,
                expected: 48
            })
        );
        assert_eq!(
            PublicKey::from_bytes(&[0xff; 48]).err(),
            Some(BlsError::Encoding)
        );
        let mut plain = *key.to_bytes();
        plain[0] &= 0x7f;
        assert_eq!(
            PublicKey::from_bytes(&plain).err(),
            Some(BlsError::Encoding)
        );
    }

    #[test]
    fn keys_that_cancel_out_do_not_aggregate() {
        let key = interop_key(3).public_key();
        let mut mirrored = *key.to_bytes();
        mirrored[0] ^= 0x20;
        let mirrored = PublicKey::from_bytes(&mirrored).unwrap();
        assert_eq!(
            PublicKey::aggregate([&key, &mirrored]).err(),
            Some(BlsError::Infinity)
        );
        assert_eq!(PublicKey::aggregate([]).err(), Some(BlsError::Empty));
    }
}
