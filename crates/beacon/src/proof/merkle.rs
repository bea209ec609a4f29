//! Single branches of binary Merkle trees over 32-byte chunks, padded with zero chunks (ssz/simple-serialize.md).

use alloy_primitives::B256;
use ethereum_hashing::{ZERO_HASHES, hash32_concat};

use super::{Gindex, ProofError};

/// Walks from a node up its branch (siblings, lowest first) and returns the root it leads to.
///
/// # Errors
/// [`ProofError::BranchLength`] unless the branch is exactly as long as the position is deep.
pub fn verify_branch(node: B256, branch: &[B256], at: Gindex) -> Result<B256, ProofError> {
    let expected = at.depth() as usize;
    if branch.len() != expected {
        return Err(ProofError::BranchLength {
            got: branch.len(),
            expected,
        });
    }
    let (root, _) = branch.iter().fold((node, at), |(node, at), sibling| {
        let parent = if at.is_right() {
            hash(sibling, &node)
        } else {
            hash(&node, sibling)
        };
        (parent, at.parent())
    });
    Ok(root)
}

/// The siblings, lowest first, on the way from leaf `place` to the root of a tree of `2^depth` leaves, of which `leaves`
/// are the first ones and the rest are zero.
#[must_use]
pub fn branch(leaves: &[B256], depth: u32, place: u64) -> Vec<B256> {
    let mut layer = leaves.to_vec();
    let mut place = place;
    let mut siblings = Vec::new();
    for level in 0..depth {
        let sibling = usize::try_from(place ^ 1)
            .ok()
            .and_then(|at| layer.get(at))
            .copied();
        siblings.push(sibling.unwrap_or_else(|| zero(level)));
        layer = parents(&layer, level);
        place >>= 1;
    }
    siblings
}

/// The layer `levels` above `leaves`: as many nodes as have a given leaf below them.
#[must_use]
pub fn fold(leaves: &[B256], levels: u32) -> Vec<B256> {
    (0..levels).fold(leaves.to_vec(), |layer, level| parents(&layer, level))
}

/// The layer above one whose missing right neighbours are trees of `level` levels full of zeros.
fn parents(layer: &[B256], level: u32) -> Vec<B256> {
    let empty = zero(level);
    layer
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => hash(left, right),
            [left] => hash(left, &empty),
            _ => empty,
        })
        .collect()
}

/// Root of a tree of `level` levels full of zeros.
fn zero(level: u32) -> B256 {
    // The table ends at level 48; no tree of the beacon chain has more than 40.
    ZERO_HASHES
        .get(level as usize)
        .map_or(B256::ZERO, |hash| (*hash).into())
}

pub(super) fn hash(left: &B256, right: &B256) -> B256 {
    hash32_concat(left.as_slice(), right.as_slice()).into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_branch_leads_from_its_leaf_to_the_root_and_from_no_other(
            leaves in prop::collection::vec(any::<[u8; 32]>().prop_map(B256::from), 1..40),
            extra in 0u32..6,
            place in any::<prop::sample::Index>(),
            flip in any::<prop::sample::Index>(),
        ) {
            let depth = leaves.len().next_power_of_two().ilog2() + extra;
            let place = place.index(leaves.len());
            let siblings = branch(&leaves, depth, place as u64);
            let root = fold(&leaves, depth)[0];
            let at = Gindex::ROOT.below(depth, place as u64);
            prop_assert_eq!(verify_branch(leaves[place], &siblings, at), Ok(root));
            prop_assert_ne!(verify_branch(B256::repeat_byte(0xee), &siblings, at), Ok(root));
            if depth > 0 {
                let mut forged = siblings.clone();
                forged[flip.index(siblings.len())].0[7] ^= 1;
                prop_assert_ne!(verify_branch(leaves[place], &forged, at), Ok(root));
                let short = verify_branch(leaves[place], &siblings[1..], at);
                prop_assert_eq!(
                    short,
                    Err(ProofError::BranchLength { got: siblings.len() - 1, expected: siblings.len() })
                );
            }
        }
    }

    #[test]
    fn leaves_that_are_not_given_are_zero() {
        let one = B256::repeat_byte(1);
        assert_eq!(branch(&[one], 3, 0), [zero(0), zero(1), zero(2)]);
        assert_eq!(branch(&[one], 2, 3), [zero(0), hash(&one, &zero(0))]);
        assert_eq!(fold(&[one], 1), [hash(&one, &B256::ZERO)]);
    }
}
