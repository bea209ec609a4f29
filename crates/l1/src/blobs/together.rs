//! Several blobs against their commitments with one commitment's work.
//!
//! A commitment is linear in its blob, so if every blob has the commitment beside it, the weighted sum of the blobs has the
//! weighted sum of the commitments. For weights nobody could foresee the converse holds but for a chance of 2⁻¹²⁸: the weights are
//! drawn from all blobs and commitments (the batch check of the KZG scheme, consensus-specs `deneb/polynomial-commitments.md`,
//! rests on the same argument).

use alloy_eips::eip4844::Blob;
use alloy_primitives::{FixedBytes, Keccak256, U256, keccak256, uint};
use forebond_beacon::bls::weighted_sum;

/// Order of the group, and bound of a blob's field elements.
const MODULUS: U256 =
    uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
const ELEMENT_BYTES: usize = 32;

/// Whether each blob has the commitment in its place. `false` is also the answer for what can only be told one by one: other
/// counts, elements or points that are malformed, a blob of zeros.
pub(super) fn check(blobs: &[Box<Blob>], commitments: &[FixedBytes<48>]) -> bool {
    if blobs.is_empty() || blobs.len() != commitments.len() {
        return false;
    }
    let weights = weights(blobs, commitments);
    let Some(combined) = weighted_blob(blobs, &weights) else {
        return false;
    };
    let points: Vec<_> = commitments.iter().copied().zip(weights).collect();
    let (Ok(expected), Ok(got)) = (weighted_sum(&points), super::commitment(&combined)) else {
        return false;
    };
    expected == got
}

/// Weights that depend on every byte to be checked.
fn weights(blobs: &[Box<Blob>], commitments: &[FixedBytes<48>]) -> Vec<u128> {
    let mut hasher = Keccak256::new();
    hasher.update(b"forebond blobs together");
    for (blob, commitment) in blobs.iter().zip(commitments) {
        hasher.update(commitment);
        hasher.update(blob.as_slice());
    }
    let seed = hasher.finalize();
    (0u64..)
        .take(blobs.len())
        .map(|place| {
            let drawn = keccak256([seed.as_slice(), &place.to_be_bytes()].concat());
            let (low, _) = drawn.split_at(size_of::<u128>());
            low.iter()
                .fold(0, |weight, byte| (weight << 8) | u128::from(*byte))
        })
        .collect()
}

/// The sum of the blobs, each times its weight; none when an element is not below the modulus.
fn weighted_blob(blobs: &[Box<Blob>], weights: &[u128]) -> Option<Box<Blob>> {
    let mut sums = vec![U256::ZERO; Blob::len_bytes() / ELEMENT_BYTES];
    for (blob, weight) in blobs.iter().zip(weights) {
        let weight = U256::from(*weight);
        for (sum, element) in sums.iter_mut().zip(blob.chunks_exact(ELEMENT_BYTES)) {
            let element = U256::from_be_slice(element);
            if element >= MODULUS {
                return None;
            }
            *sum = sum.add_mod(element.mul_mod(weight, MODULUS), MODULUS);
        }
    }
    let mut combined = Box::new(Blob::ZERO);
    for (place, sum) in combined.chunks_exact_mut(ELEMENT_BYTES).zip(&sums) {
        place.copy_from_slice(&sum.to_be_bytes::<ELEMENT_BYTES>());
    }
    Some(combined)
}
