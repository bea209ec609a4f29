//! Leaf, branch and the references between them.

use alloy_primitives::{B256, U256};
use alloy_rlp::Encodable;
use alloy_trie::nodes::RlpNode;

/// What a leaf stands for.
pub trait LeafValue: Default {
    /// Appends the bytes that the Ethereum trie stores at this leaf: the RLP of the value.
    fn encode_value(&self, out: &mut Vec<u8>);

    /// Bytes of memory this value holds outside of itself.
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// A storage slot's value. Zero is never stored: a zero slot is an absent one.
impl LeafValue for U256 {
    fn encode_value(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

/// Where a child is: nowhere, in the arena of leaves, or in the arena of branches, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link(u32);

/// A [`Link`] taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Nothing,
    Leaf(u32),
    Branch(u32),
}

const LEAF_BIT: u32 = 1 << 31;

impl Link {
    pub(super) const NOTHING: Self = Self(u32::MAX);

    pub(super) const fn leaf(index: u32) -> Self {
        Self(index | LEAF_BIT)
    }

    pub(super) const fn branch(index: u32) -> Self {
        Self(index)
    }

    #[inline]
    pub(super) const fn target(self) -> Target {
        if self.0 == u32::MAX {
            Target::Nothing
        } else if self.0 & LEAF_BIT != 0 {
            Target::Leaf(self.0 & !LEAF_BIT)
        } else {
            Target::Branch(self.0)
        }
    }

    #[inline]
    pub(super) fn is_nothing(self) -> bool {
        self == Self::NOTHING
    }
}

/// A key and its value.
///
/// The leaf keeps its whole key; how much of it the parent's place already says depends on the depth it hangs at, which
/// only matters when it is encoded.
#[derive(Clone, Debug, Default)]
pub(super) struct Leaf<V> {
    pub(super) key: B256,
    /// How the parent refers to this leaf: its RLP if shorter than 32 bytes, else the hash of it. Empty = to be computed.
    pub(super) reference: RlpNode,
    pub(super) value: V,
}

/// A place where keys part: at least two children.
///
/// All keys below share their first `depth` nibbles. When the parent parts keys more than one nibble higher, the
/// Ethereum trie has an extension node in between; here it is implied by the two depths, and its nibbles are read from
/// any leaf below. Thus deleting and splitting never rewrite a path.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    pub(super) children: [Link; 16],
    /// As [`Leaf::reference`], of the extension if one is implied above this branch. Empty = to be computed.
    pub(super) reference: RlpNode,
    /// Which nibble of the key selects the child, 0..64.
    pub(super) depth: u8,
}

impl Default for Branch {
    fn default() -> Self {
        Self::at(0)
    }
}

impl Branch {
    /// A branch on nibble `depth`, without children yet.
    pub(super) fn at(depth: u8) -> Self {
        Self {
            children: [Link::NOTHING; 16],
            reference: RlpNode::default(),
            depth,
        }
    }

    /// The child if there is exactly one.
    pub(super) fn only_child(&self) -> Option<Link> {
        let mut present = self.children.iter().filter(|child| !child.is_nothing());
        match (present.next(), present.next()) {
            (Some(only), None) => Some(*only),
            _ => None,
        }
    }
}

/// Nibble `index` (0..64, the high half of a byte first) of a key, as an index into the children.
#[inline]
pub(super) fn nibble(key: &B256, index: u8) -> usize {
    let byte = key.0[usize::from(index / 2) % 32];
    usize::from(if index.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 0x0f
    })
}

/// How many leading nibbles two keys share, 0..=64.
pub(super) fn shared_nibbles(a: &B256, b: &B256) -> u8 {
    let mut shared = 0;
    for (x, y) in a.iter().zip(b.iter()) {
        let difference = x ^ y;
        if difference != 0 {
            return shared + u8::from(difference < 0x10);
        }
        shared += 2;
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn nibbles_are_read_high_half_first() {
        let key = b256!("0x1234000000000000000000000000000000000000000000000000000000000abc");
        assert_eq!(
            [
                nibble(&key, 0),
                nibble(&key, 1),
                nibble(&key, 62),
                nibble(&key, 63)
            ],
            [1, 2, 11, 12]
        );
    }

    #[test]
    fn shared_nibbles_counts_halves_of_bytes() {
        let key = B256::repeat_byte(0x11);
        let mut other = key;
        assert_eq!(shared_nibbles(&key, &other), 64);
        other.0[31] = 0x12;
        assert_eq!(shared_nibbles(&key, &other), 63);
        other.0[2] = 0x21;
        assert_eq!(shared_nibbles(&key, &other), 4);
    }

    #[test]
    fn a_link_remembers_its_kind() {
        assert_eq!(Link::leaf(7).target(), Target::Leaf(7));
        assert_eq!(Link::branch(7).target(), Target::Branch(7));
        assert_eq!(Link::NOTHING.target(), Target::Nothing);
    }
}
