//! Node encoding and the references between nodes (Yellow Paper, appendix D): a parent holds a child's RLP when that is
//! shorter than 32 bytes, else its keccak-256.

use alloy_primitives::{B256, keccak256};
use alloy_rlp::EMPTY_STRING_CODE;
use alloy_trie::{
    EMPTY_ROOT_HASH, Nibbles, TrieMask,
    nodes::{BranchNodeRef, ExtensionNodeRef, LeafNodeRef, RlpNode},
};

use super::{
    node::{LeafValue, Link, Target},
    radix::Trie,
};

/// Space for encoding, reused from node to node.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    node: Vec<u8>,
    value: Vec<u8>,
}

/// The children of a branch as its encoding wants them: present ones in order, and which they are.
pub(super) struct BranchChildren {
    references: [RlpNode; 16],
    count: usize,
    mask: TrieMask,
}

impl BranchChildren {
    pub(super) fn new() -> Self {
        Self {
            references: std::array::from_fn(|_| RlpNode::default()),
            count: 0,
            mask: TrieMask::default(),
        }
    }

    /// Adds the child at `nibble` (0..16); children come in ascending order.
    pub(super) fn push(&mut self, nibble: u8, reference: RlpNode) {
        if let Some(place) = self.references.get_mut(self.count) {
            *place = reference;
            self.count += 1;
            self.mask.set_bit(nibble);
        }
    }

    /// Encodes the branch node into `out` and returns how a parent refers to it.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> RlpNode {
        let present = self.references.get(..self.count).unwrap_or_default();
        out.clear();
        BranchNodeRef::new(present, self.mask).rlp(out)
    }
}

/// The hash of a root node of which `reference` is how a parent would refer to it.
pub(super) fn root_hash(reference: &RlpNode) -> B256 {
    match reference.as_hash() {
        Some(hash) => hash,
        None if reference.as_slice() == [EMPTY_STRING_CODE] => EMPTY_ROOT_HASH,
        // The root is hashed even where a parent would hold it whole.
        None => keccak256(reference.as_slice()),
    }
}

impl<V: LeafValue> Trie<V> {
    /// The root hash; computes what changed since the last call.
    pub fn root(&mut self) -> B256 {
        root_hash(&self.reference_at(0))
    }

    /// How a parent that speaks for the first `depth` nibbles of all keys here refers to this trie.
    pub(super) fn reference_at(&mut self, depth: u8) -> RlpNode {
        if depth != self.base_depth {
            self.forget_reference(self.root);
            self.base_depth = depth;
        }
        let mut scratch = Scratch::default();
        self.reference(self.root, depth, &mut scratch)
    }

    /// How a parent refers to `link`, whose keys are spoken for up to nibble `from`.
    pub(super) fn reference(&mut self, link: Link, from: u8, scratch: &mut Scratch) -> RlpNode {
        match link.target() {
            Target::Nothing => RlpNode::from_rlp(&[EMPTY_STRING_CODE]),
            Target::Leaf(index) => {
                let leaf = self.leaves.get_mut(index);
                if leaf.reference.is_empty() {
                    scratch.value.clear();
                    leaf.value.encode_value(&mut scratch.value);
                    let path = Nibbles::unpack_array(&leaf.key.0).slice(usize::from(from)..);
                    scratch.node.clear();
                    leaf.reference = LeafNodeRef::new(&path, &scratch.value).rlp(&mut scratch.node);
                }
                leaf.reference.clone()
            }
            Target::Branch(index) => {
                let branch = self.branches.get(index);
                if !branch.reference.is_empty() {
                    return branch.reference.clone();
                }
                let depth = branch.depth;
                let mut reference = self.children(index, scratch).encode(&mut scratch.node);
                if depth > from {
                    let path = self.shared_path(link, from, depth);
                    scratch.node.clear();
                    reference = ExtensionNodeRef::new(&path, &reference).rlp(&mut scratch.node);
                }
                self.branches.get_mut(index).reference = reference.clone();
                reference
            }
        }
    }

    /// The references of a branch's children, computed where they are missing.
    pub(super) fn children(&mut self, branch: u32, scratch: &mut Scratch) -> BranchChildren {
        let node = self.branches.get(branch);
        let (links, depth) = (node.children, node.depth);
        let mut children = BranchChildren::new();
        for (nibble, link) in (0u8..).zip(links) {
            if !link.is_nothing() {
                children.push(nibble, self.reference(link, depth + 1, scratch));
            }
        }
        children
    }

    /// The nibbles `from..to` that all keys below `link` share.
    pub(super) fn shared_path(&self, link: Link, from: u8, to: u8) -> Nibbles {
        Nibbles::unpack_array(&self.key_below(link).0).slice(usize::from(from)..usize::from(to))
    }
}
