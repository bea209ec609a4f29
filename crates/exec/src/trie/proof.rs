//! The nodes on the way from a root to a key, as `eth_getProof` (EIP-1186) hands them out.

use alloy_primitives::{B256, Bytes, U256};
use alloy_rlp::EMPTY_STRING_CODE;
use alloy_trie::{
    Nibbles,
    nodes::{ExtensionNodeRef, LeafNodeRef, RlpNode},
};

use super::{
    hash::Scratch,
    node::{LeafValue, Link, Target, nibble},
    radix::Trie,
};
use crate::store::Account;

/// An account, or its absence, with the trie nodes that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountProof {
    /// The account, if it exists.
    pub account: Option<Account>,
    /// The root of its storage; the empty root for an absent account.
    pub storage_root: B256,
    /// RLP nodes from the state root down.
    pub nodes: Vec<Bytes>,
    /// One entry per slot asked for, in the order asked.
    pub slots: Vec<SlotProof>,
}

/// A storage slot's value with the trie nodes that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotProof {
    /// The slot number, not hashed.
    pub slot: U256,
    /// Its value; zero if absent.
    pub value: U256,
    /// RLP nodes from the account's storage root down.
    pub nodes: Vec<Bytes>,
}

impl<V: LeafValue> Trie<V> {
    /// The RLP nodes from the root to `key`, or to where it would be.
    ///
    /// Nodes shorter than 32 bytes stand inside their parent and are not repeated, except the root.
    pub fn proof(&mut self, key: &B256) -> Vec<Bytes> {
        let mut nodes = Vec::new();
        if self.is_empty() {
            nodes.push(Bytes::from_static(&[EMPTY_STRING_CODE]));
        } else {
            self.reference_at(0);
            self.proof_from(key, 0, &mut nodes);
        }
        nodes
    }

    /// Appends the nodes for `key`, whose first `from` nibbles are spoken for above this trie.
    pub(super) fn proof_from(&mut self, key: &B256, mut from: u8, nodes: &mut Vec<Bytes>) {
        let mut scratch = Scratch::default();
        let mut out = Vec::new();
        let mut link = self.root;
        loop {
            match link.target() {
                Target::Nothing => return,
                Target::Leaf(index) => {
                    let leaf = self.leaves.get(index);
                    let mut value = Vec::new();
                    leaf.value.encode_value(&mut value);
                    let path = Nibbles::unpack_array(&leaf.key.0).slice(usize::from(from)..);
                    out.clear();
                    LeafNodeRef::new(&path, &value).rlp(&mut out);
                    append(nodes, &out);
                    return;
                }
                Target::Branch(index) => {
                    let depth = self.branches.get(index).depth;
                    let mut encoded = Vec::new();
                    let reference: RlpNode =
                        self.children(index, &mut scratch).encode(&mut encoded);
                    if depth > from {
                        let path = self.shared_path(link, from, depth);
                        out.clear();
                        ExtensionNodeRef::new(&path, &reference).rlp(&mut out);
                        append(nodes, &out);
                        if Nibbles::unpack_array(&key.0)
                            .slice(usize::from(from)..usize::from(depth))
                            != path
                        {
                            return;
                        }
                    }
                    append(nodes, &encoded);
                    from = depth + 1;
                    link = self.child(index, nibble(key, depth));
                }
            }
        }
    }

    fn child(&self, branch: u32, nibble: usize) -> Link {
        self.branches
            .get(branch)
            .children
            .get(nibble)
            .copied()
            .unwrap_or(Link::NOTHING)
    }
}

fn append(nodes: &mut Vec<Bytes>, node: &[u8]) {
    if node.len() >= 32 || nodes.is_empty() {
        nodes.push(Bytes::copy_from_slice(node));
    }
}
