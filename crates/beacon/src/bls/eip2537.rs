//! Uncompressed points as the EIP-2537 precompiles take them: each coordinate a 64-byte big-endian integer whose upper
//! 16 bytes are zero; in G2 the real part c0 stands before c1, the other way round than in the compressed encoding.

use blst::min_pk;

use super::{BlsError, PublicKey, Signature};

/// Bytes of a G1 point: x ‖ y.
pub const G1_LENGTH: usize = 128;
/// Bytes of a G2 point: x.c0 ‖ x.c1 ‖ y.c0 ‖ y.c1.
pub const G2_LENGTH: usize = 256;

/// Bytes of a field element without padding.
const FIELD: usize = 48;
/// Bytes of a field element as the precompiles want it.
const PADDED: usize = 64;

impl PublicKey {
    /// The point as the precompiles take it.
    #[must_use]
    pub fn to_eip2537(&self) -> [u8; G1_LENGTH] {
        let mut padded = [0; G1_LENGTH];
        pad(&self.0.serialize(), &mut padded, [0, 1]);
        padded
    }

    /// Reads and checks what [`Self::to_eip2537`] writes.
    ///
    /// # Errors
    /// Wrong length, non-zero padding, off the curve, outside the subgroup, infinity.
    pub fn from_eip2537(bytes: &[u8]) -> Result<Self, BlsError> {
        let mut plain = [0; 2 * FIELD];
        unpad(bytes, &mut plain, [0, 1])?;
        Self::checked(min_pk::PublicKey::deserialize(&plain).map_err(BlsError::from_blst)?)
    }
}

impl Signature {
    /// The point as the precompiles take it.
    #[must_use]
    pub fn to_eip2537(&self) -> [u8; G2_LENGTH] {
        let mut padded = [0; G2_LENGTH];
        pad(&self.0.serialize(), &mut padded, [1, 0, 3, 2]);
        padded
    }

    /// Reads and checks what [`Self::to_eip2537`] writes.
    ///
    /// # Errors
    /// Wrong length, non-zero padding, off the curve, outside the subgroup, infinity.
    pub fn from_eip2537(bytes: &[u8]) -> Result<Self, BlsError> {
        let mut plain = [0; 4 * FIELD];
        unpad(bytes, &mut plain, [1, 0, 3, 2])?;
        Self::checked(min_pk::Signature::deserialize(&plain).map_err(BlsError::from_blst)?)
    }
}

/// Writes the field elements of `plain` into `padded`; the i-th comes from place `order[i]`.
fn pad<const N: usize>(plain: &[u8], padded: &mut [u8], order: [usize; N]) {
    for (target, source) in padded.chunks_exact_mut(PADDED).zip(order) {
        if let Some(element) = plain.chunks_exact(FIELD).nth(source) {
            target[PADDED - FIELD..].copy_from_slice(element);
        }
    }
}

fn unpad<const N: usize>(
    padded: &[u8],
    plain: &mut [u8],
    order: [usize; N],
) -> Result<(), BlsError> {
    if padded.len() != N * PADDED {
        return Err(BlsError::Length {
            got: padded.len(),
            expected: N * PADDED,
        });
    }
    for (element, target) in padded.chunks_exact(PADDED).zip(order) {
        let (zeros, value) = element.split_at(PADDED - FIELD);
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(BlsError::Encoding);
        }
        if let Some(place) = plain.chunks_exact_mut(FIELD).nth(target) {
            place.copy_from_slice(value);
        }
    }
    // All zeros is infinity here; the library would say so only through its own flag bit.
    if plain.iter().all(|byte| *byte == 0) {
        return Err(BlsError::Infinity);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloy_primitives::B256;

    use super::*;
    use crate::bls::interop_key;

    #[test]
    fn points_survive_a_round_trip() {
        let key = interop_key(5);
        let (public, signature) = (key.public_key(), key.sign(B256::repeat_byte(1)));
        assert_eq!(PublicKey::from_eip2537(&public.to_eip2537()), Ok(public));
        assert_eq!(
            Signature::from_eip2537(&signature.to_eip2537()),
            Ok(signature)
        );
    }

    #[test]
    fn infinity_padding_flags_and_bogus_y_are_refused() {
        let good = interop_key(5).public_key().to_eip2537();
        assert_eq!(
            PublicKey::from_eip2537(&[0; G1_LENGTH]).err(),
            Some(BlsError::Infinity)
        );
        assert_eq!(
            Signature::from_eip2537(&[0; G2_LENGTH]).err(),
            Some(BlsError::Infinity)
        );
        for (place, error) in [
            (0, BlsError::Encoding),
            (79, BlsError::Encoding),
            (127, BlsError::NotOnCurve),
        ] {
            let mut bad = good;
            bad[place] ^= 1;
            assert_eq!(
                PublicKey::from_eip2537(&bad).err(),
                Some(error),
                "byte {place}"
            );
        }
        for flag in [0x80, 0x40, 0x20] {
            let mut bad = good;
            bad[16] |= flag;
            assert_eq!(
                PublicKey::from_eip2537(&bad).err(),
                Some(BlsError::Encoding),
                "flag {flag:#x}"
            );
        }
        let mut longer = good.to_vec();
        longer.push(0);
        assert_eq!(
            PublicKey::from_eip2537(&longer).err(),
            Some(BlsError::Length {
                got: 129,
                expected: 128
            })
        );
    }
}
