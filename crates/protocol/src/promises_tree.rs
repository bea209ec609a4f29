use alloy_primitives::{B256, keccak256};

/// The Merkle tree of a frag's leaves, whose root is `Frag.promisesRoot` (R18).
///
/// Depth is `ceil(log2(count))`; a missing right node is 32 zero bytes; an inner node is
/// `keccak256(0x01 ‖ left ‖ right)`; the path's directions are the bits of
/// `index - firstTransaction`, lowest first.
#[derive(Clone, Debug)]
pub struct PromisesTree {
    /// Levels from the leaves up; the last one holds the root alone.
    levels: Vec<Vec<B256>>,
}

fn inner(left: &B256, right: &B256) -> B256 {
    let mut input = [0u8; 65];
    input[0] = 1;
    input[1..33].copy_from_slice(left.as_slice());
    input[33..].copy_from_slice(right.as_slice());
    keccak256(input)
}

impl PromisesTree {
    /// Builds the tree over leaf hashes; `None` for no leaves, since a frag has at least one.
    pub fn new(leaves: Vec<B256>) -> Option<Self> {
        if leaves.is_empty() {
            return None;
        }
        let mut levels = Vec::with_capacity(8);
        let mut current = leaves;
        while current.len() > 1 {
            let above = current
                .chunks(2)
                .map(|pair| match pair {
                    [left, right] => inner(left, right),
                    [left] => inner(left, &B256::ZERO),
                    _ => B256::ZERO,
                })
                .collect();
            levels.push(std::mem::replace(&mut current, above));
        }
        levels.push(current);
        Some(Self { levels })
    }

    /// The root.
    pub fn root(&self) -> B256 {
        self.levels
            .last()
            .and_then(|l| l.first())
            .copied()
            .unwrap_or_default()
    }

    /// The branch of the leaf at `place` (0 = the frag's first), lowest sibling first; `None`
    /// when there is no such leaf.
    pub fn branch(&self, place: usize) -> Option<Vec<B256>> {
        if place >= self.levels.first()?.len() {
            return None;
        }
        let below_root = self.levels.len() - 1;
        Some(
            self.levels
                .iter()
                .take(below_root)
                .enumerate()
                .map(|(depth, level)| {
                    level
                        .get((place >> depth) ^ 1)
                        .copied()
                        .unwrap_or(B256::ZERO)
                })
                .collect(),
        )
    }
}

/// The root a branch leads to, or `None` when its length is not exactly the depth of a tree of
/// `count` leaves or `place` lies outside it.
pub fn branch_root(leaf: B256, place: u32, count: u32, branch: &[B256]) -> Option<B256> {
    if place >= count || branch.len() != depth(count) {
        return None;
    }
    Some(
        branch
            .iter()
            .enumerate()
            .fold(leaf, |node, (level, sibling)| {
                if (place >> level) & 1 == 0 {
                    inner(&node, sibling)
                } else {
                    inner(sibling, &node)
                }
            }),
    )
}

/// `ceil(log2(count))`.
fn depth(count: u32) -> usize {
    count.max(1).next_power_of_two().trailing_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_single_leaf_is_the_root_with_an_empty_branch() {
        let leaf = B256::repeat_byte(5);
        let tree = PromisesTree::new(vec![leaf]).unwrap();
        assert_eq!(tree.root(), leaf);
        assert_eq!(tree.branch(0), Some(vec![]));
        assert_eq!(branch_root(leaf, 0, 1, &[]), Some(leaf));
        assert!(PromisesTree::new(vec![]).is_none());
    }

    #[test]
    fn a_missing_right_node_is_zero_bytes() {
        let leaves: Vec<_> = (1..=3u8).map(B256::repeat_byte).collect();
        let tree = PromisesTree::new(leaves.clone()).unwrap();
        let right = inner(&leaves[2], &B256::ZERO);
        assert_eq!(tree.root(), inner(&inner(&leaves[0], &leaves[1]), &right));
    }

    proptest! {
        #[test]
        fn every_branch_leads_to_the_root_and_nowhere_else(
            leaves in prop::collection::vec(any::<[u8; 32]>().prop_map(B256::from), 1..70),
            pick in any::<prop::sample::Index>(),
        ) {
            let place = pick.index(leaves.len());
            let count = u32::try_from(leaves.len()).unwrap();
            let tree = PromisesTree::new(leaves.clone()).unwrap();
            let branch = tree.branch(place).unwrap();
            let at = |place: u32, branch: &[B256]| branch_root(leaves[place as usize], place, count, branch);
            let place = u32::try_from(place).unwrap();
            prop_assert_eq!(at(place, &branch), Some(tree.root()));
            let mut longer = branch.clone();
            longer.push(B256::ZERO);
            prop_assert_eq!(at(place, &longer), None);
            if !branch.is_empty() {
                prop_assert_eq!(at(place, &branch[1..]), None);
            }
        }
    }
}
