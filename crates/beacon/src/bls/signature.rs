use std::{fmt, str::FromStr};

use alloy_primitives::{B256, FixedBytes, hex};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine, min_pk};

use super::{BlsError, CIPHERSUITE, PublicKey};

/// A compressed signature as it stands in SSZ and JSON: not checked yet.
pub type SignatureBytes = FixedBytes<96>;

/// The encoding of G2's point at infinity: what a block carries when nobody of the sync committee signed.
pub const INFINITY_SIGNATURE: SignatureBytes = {
    let mut bytes = [0; 96];
    bytes[0] = 0xc0;
    FixedBytes(bytes)
};

/// A point of G2's prime-order subgroup, not infinity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) min_pk::Signature);

impl Signature {
    /// Decompresses and checks a signature.
    ///
    /// # Errors
    /// Wrong length or flags, off the curve, outside the subgroup, infinity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BlsError> {
        if bytes.len() != SignatureBytes::len_bytes() {
            return Err(BlsError::Length {
                got: bytes.len(),
                expected: SignatureBytes::len_bytes(),
            });
        }
        let signature = min_pk::Signature::uncompress(bytes).map_err(BlsError::from_blst)?;
        Self::checked(signature)
    }

    /// The 96 compressed bytes.
    #[must_use]
    pub fn to_bytes(&self) -> SignatureBytes {
        self.0.compress().into()
    }

    /// Checks that the owner of `key` signed `signing_root`. About a millisecond.
    ///
    /// # Errors
    /// [`BlsError::Invalid`].
    pub fn verify(&self, key: &PublicKey, signing_root: B256) -> Result<(), BlsError> {
        // The library's own `verify` hands the work to a thread pool; here it stays on the caller's thread. Both points
        // were checked when they were made.
        let (key, signature): (&blst_p1_affine, &blst_p2_affine) =
            ((&key.0).into(), (&self.0).into());
        let mut pairing = Pairing::new(true, CIPHERSUITE);
        let taken = pairing.aggregate(key, false, signature, false, signing_root.as_slice(), &[]);
        pairing.commit();
        if taken == BLST_ERROR::BLST_SUCCESS && pairing.finalverify(None) {
            Ok(())
        } else {
            Err(BlsError::Invalid)
        }
    }

    /// The sum of the signatures.
    ///
    /// # Errors
    /// [`BlsError::Empty`], and [`BlsError::Infinity`] when the signatures cancel out.
    pub fn aggregate<'a>(signatures: impl IntoIterator<Item = &'a Self>) -> Result<Self, BlsError> {
        let signatures: Vec<&min_pk::Signature> = signatures
            .into_iter()
            .map(|signature| &signature.0)
            .collect();
        let sum = min_pk::AggregateSignature::aggregate(&signatures, false)
            .map_err(BlsError::from_blst)?;
        Self::checked(sum.to_signature())
    }

    pub(super) fn checked(signature: min_pk::Signature) -> Result<Self, BlsError> {
        signature.validate(true).map_err(BlsError::from_blst)?;
        Ok(Self(signature))
    }
}

/// Checks one aggregate over one message signed by all of `keys` (`FastAggregateVerify`).
///
/// # Errors
/// [`BlsError::Empty`] without keys, [`BlsError::Infinity`] for keys that cancel out, [`BlsError::Invalid`].
pub fn verify_aggregate(
    signature: &Signature,
    keys: &[&PublicKey],
    signing_root: B256,
) -> Result<(), BlsError> {
    let sum = PublicKey::aggregate(keys.iter().copied())?;
    signature.verify(&sum, signing_root)
}

/// As [`verify_aggregate`], except that nobody's signature is the encoding of infinity (`eth_fast_aggregate_verify`,
/// altair/bls.md): what the sync aggregate of a block with an empty committee must carry.
///
/// # Errors
/// As [`verify_aggregate`] and [`Signature::from_bytes`].
pub fn verify_sync_aggregate(
    signature: &SignatureBytes,
    keys: &[&PublicKey],
    signing_root: B256,
) -> Result<(), BlsError> {
    if keys.is_empty() {
        return if *signature == INFINITY_SIGNATURE {
            Ok(())
        } else {
            Err(BlsError::Invalid)
        };
    }
    verify_aggregate(
        &Signature::from_bytes(signature.as_slice())?,
        keys,
        signing_root,
    )
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.to_bytes())
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_bytes())
    }
}

impl FromStr for Signature {
    type Err = BlsError;

    /// Reads hex with or without `0x`.
    fn from_str(text: &str) -> Result<Self, BlsError> {
        let bytes = hex::decode(text).map_err(|_| BlsError::Encoding)?;
        Self::from_bytes(&bytes)
    }
}

impl TryFrom<&SignatureBytes> for Signature {
    type Error = BlsError;

    fn try_from(bytes: &SignatureBytes) -> Result<Self, BlsError> {
        Self::from_bytes(bytes.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::interop_key;

    const MESSAGE: B256 = B256::repeat_byte(0x5a);

    #[test]
    fn a_signature_belongs_to_one_key_and_one_message() {
        let (alice, bob) = (interop_key(0), interop_key(1));
        let signature = alice.sign(MESSAGE);
        assert_eq!(signature.verify(&alice.public_key(), MESSAGE), Ok(()));
        assert_eq!(
            signature.verify(&bob.public_key(), MESSAGE),
            Err(BlsError::Invalid)
        );
        assert_eq!(
            signature.verify(&alice.public_key(), B256::ZERO),
            Err(BlsError::Invalid)
        );
        assert_eq!(
            Signature::from_bytes(signature.to_bytes().as_slice()),
            Ok(signature)
        );
    }

    #[test]
    fn the_infinity_signature_is_refused() {
        assert_eq!(
            Signature::from_bytes(INFINITY_SIGNATURE.as_slice()).err(),
            Some(BlsError::Infinity)
        );
    }

    #[test]
    fn malformed_signatures_are_refused() {
        let good = interop_key(0).sign(MESSAGE).to_bytes();
        assert_eq!(
            Signature::from_bytes(&good[..95]).err(),
            Some(BlsError::Length {
                got: 95,
                expected: 96
            })
        );
        assert_eq!(
            Signature::from_bytes(&[0xff; 96]).err(),
            Some(BlsError::Encoding)
        );
        // Points with small x are on the twist by chance, and then practically never in the subgroup.
        let outside = (0..=255u8).find_map(|x| {
            let mut bytes = [0; 96];
            (bytes[0], bytes[95]) = (0x80, x);
            Signature::from_bytes(&bytes)
                .err()
                .filter(|error| *error != BlsError::NotOnCurve)
        });
        assert_eq!(outside, Some(BlsError::NotInSubgroup));
    }

    #[test]
    fn an_aggregate_needs_all_its_signers_and_no_others() {
        let keys: Vec<_> = (0..4).map(interop_key).collect();
        let public: Vec<_> = keys
            .iter()
            .map(super::super::SecretKey::public_key)
            .collect();
        let signatures: Vec<_> = keys.iter().map(|key| key.sign(MESSAGE)).collect();
        let aggregate = Signature::aggregate(&signatures).unwrap();
        let all: Vec<_> = public.iter().collect();
        assert_eq!(verify_aggregate(&aggregate, &all, MESSAGE), Ok(()));
        assert_eq!(
            verify_aggregate(&aggregate, &all[..3], MESSAGE),
            Err(BlsError::Invalid)
        );
        assert_eq!(
            verify_aggregate(&aggregate, &[], MESSAGE),
            Err(BlsError::Empty)
        );
        assert_eq!(Signature::aggregate([]).err(), Some(BlsError::Empty));
    }

    #[test]
    fn nobodys_sync_aggregate_is_infinity_and_nothing_else() {
        let key = interop_key(0);
        let public = key.public_key();
        let signed = key.sign(MESSAGE).to_bytes();
        assert_eq!(
            verify_sync_aggregate(&INFINITY_SIGNATURE, &[], MESSAGE),
            Ok(())
        );
        assert_eq!(
            verify_sync_aggregate(&signed, &[], MESSAGE),
            Err(BlsError::Invalid)
        );
        assert_eq!(verify_sync_aggregate(&signed, &[&public], MESSAGE), Ok(()));
        assert_eq!(
            verify_sync_aggregate(&INFINITY_SIGNATURE, &[&public], MESSAGE),
            Err(BlsError::Infinity)
        );
    }
}
