use std::fmt;

/// Position of a node in a Merkle tree: the root is 1, the children of n are 2n and 2n + 1 (ssz/merkle-proofs.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gindex(u64);

impl Gindex {
    /// The root.
    pub const ROOT: Self = Self(1);

    /// The `place`-th node, from the left, `levels` below this one. `place` must be below `2^levels`, and the result must
    /// fit 64 bits; both hold for every tree of the beacon chain.
    #[must_use]
    pub(super) const fn below(self, levels: u32, place: u64) -> Self {
        debug_assert!(levels < 64 && place >> levels == 0 && self.0.leading_zeros() >= levels);
        Self((self.0 << levels) | place)
    }

    /// The `place`-th leaf of a progressive tree (EIP-7916) rooted here: on its right spine hang, to the left, subtrees of
    /// 1, 4, 16, … leaves. The result must fit 64 bits.
    #[must_use]
    pub(super) const fn progressive(self, place: u64) -> Self {
        // A leaf of subtree k has k turns right, one left, and 2k levels below it.
        let (mut spine, mut levels, mut rest) = (self, 0, place);
        while rest >> levels > 0 {
            rest -= 1 << levels;
            levels += 2;
            spine = spine.below(1, 1);
        }
        spine.below(1, 0).below(levels, rest)
    }

    /// Levels between the root and this node, which is the length of its branch.
    #[must_use]
    pub const fn depth(self) -> u32 {
        self.0.ilog2()
    }

    /// The node's place from the left among those of its depth.
    #[must_use]
    pub const fn place(self) -> u64 {
        self.0 ^ (1 << self.0.ilog2())
    }

    /// Whether the node is its parent's right child.
    #[must_use]
    pub const fn is_right(self) -> bool {
        self.0 & 1 == 1
    }

    /// One level up; the root stays.
    #[must_use]
    pub const fn parent(self) -> Self {
        if self.0 > 1 { Self(self.0 >> 1) } else { self }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Gindex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progressive_leaves_hang_in_subtrees_of_one_four_and_sixteen() {
        let positions: Vec<_> = [0, 1, 4, 5, 20, 21]
            .into_iter()
            .map(|place| Gindex::ROOT.progressive(place).get())
            .collect();
        let expected = [
            0b10,
            0b1_1000,
            0b1_1011,
            0b1110_0000,
            0b1110_1111,
            0b111_1000_0000,
        ];
        assert_eq!(positions, expected);
    }
}
