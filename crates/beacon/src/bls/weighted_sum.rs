use alloy_primitives::FixedBytes;
use blst::{MultiPoint, min_pk};

use super::BlsError;

/// Bits of a weight.
const WEIGHT_BITS: usize = 128;

/// The compressed sum of points of G1, each times its weight. For commitments as well as for keys: no point may be infinity.
///
/// # Errors
/// A point that is malformed, infinity, or outside the prime-order subgroup; nothing to sum.
pub fn weighted_sum(points: &[(FixedBytes<48>, u128)]) -> Result<FixedBytes<48>, BlsError> {
    if points.is_empty() {
        return Err(BlsError::Empty);
    }
    let (mut group, mut weights) = (Vec::new(), Vec::new());
    for (point, weight) in points {
        let point = min_pk::PublicKey::uncompress(point.as_slice()).map_err(BlsError::from_blst)?;
        point.validate().map_err(BlsError::from_blst)?;
        group.push(point);
        weights.extend_from_slice(&weight.to_le_bytes());
    }
    let sum = group.as_slice().mult(&weights, WEIGHT_BITS);
    Ok(sum.to_public_key().compress().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bls::{PublicKey, interop_key};

    #[test]
    fn weights_count_how_often_a_point_is_added() {
        let keys: Vec<PublicKey> = (0..3).map(|i| interop_key(i).public_key()).collect();
        let sum = |times: [usize; 3]| {
            let parts = keys.iter().zip(times);
            let parts = parts.flat_map(|(key, times)| std::iter::repeat_n(key, times));
            PublicKey::aggregate(parts).unwrap().to_bytes()
        };
        let weighted = |weights: [u128; 3]| {
            let points: Vec<_> = keys.iter().map(PublicKey::to_bytes).zip(weights).collect();
            weighted_sum(&points).unwrap()
        };
        assert_eq!(weighted([1, 1, 1]), sum([1, 1, 1]));
        assert_eq!(weighted([3, 1, 5]), sum([3, 1, 5]));
        assert_ne!(weighted([3, 1, 5]), weighted([3, 5, 1]));
        // The largest weight is not cut short.
        let most = weighted([u128::MAX, 1, 1]);
        assert_ne!(most, weighted([u128::from(u64::MAX), 1, 1]));
    }

    #[test]
    fn points_that_could_hide_another_are_refused() {
        let mut infinity = FixedBytes::<48>::ZERO;
        infinity[0] = 0xc0;
        assert_eq!(weighted_sum(&[(infinity, 1)]), Err(BlsError::Infinity));
        assert_eq!(
            weighted_sum(&[(FixedBytes::ZERO, 1)]),
            Err(BlsError::Encoding)
        );
        assert_eq!(weighted_sum(&[]), Err(BlsError::Empty));
    }
}
