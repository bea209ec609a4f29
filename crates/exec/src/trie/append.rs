//! The fast way in: keys that come in ascending order need no search.

use alloy_primitives::B256;

use super::{
    node::{Branch, LeafValue, Link, Target, nibble, shared_nibbles},
    radix::Trie,
};

/// Adds ascending keys to a trie. Only the branches on the trie's right edge can change, and those are kept at hand.
pub(super) struct Appender<'a, V> {
    trie: &'a mut Trie<V>,
    /// Branches from the root to the greatest key.
    edge: Vec<u32>,
    /// The greatest key and its leaf.
    last: Option<(B256, Link)>,
}

impl<'a, V: LeafValue> Appender<'a, V> {
    /// Continues behind the greatest key of `trie`.
    pub(super) fn new(trie: &'a mut Trie<V>) -> Self {
        let mut appender = Self {
            trie,
            edge: Vec::new(),
            last: None,
        };
        appender.find_edge();
        appender
    }

    /// Adds a key. One that isn't greater than all before it is still added rightly, by a search.
    pub(super) fn push(&mut self, key: B256, value: V) {
        let Some((last_key, last_link)) = self.last else {
            let leaf = self.trie.new_leaf(key, value);
            self.trie.root = leaf;
            self.last = Some((key, leaf));
            return;
        };
        if key <= last_key {
            self.trie.insert(key, value);
            self.find_edge();
            return;
        }
        let parting = shared_nibbles(&last_key, &key);
        let mut below = last_link;
        let mut parent = None;
        while let Some(index) = self.edge.last().copied() {
            let depth = self.trie.branches.get(index).depth;
            if depth <= parting {
                parent = Some((index, depth));
                break;
            }
            below = Link::branch(index);
            self.edge.pop();
        }
        let leaf = self.trie.new_leaf(key, value);
        match parent {
            Some((index, depth)) if depth == parting => {
                self.trie.branches.get_mut(index).children[nibble(&key, parting)] = leaf;
            }
            _ => {
                self.trie.forget_reference(below);
                let mut branch = Branch::at(parting);
                branch.children[nibble(&last_key, parting)] = below;
                branch.children[nibble(&key, parting)] = leaf;
                let added = self.trie.branches.insert(branch);
                match parent {
                    Some((index, depth)) => {
                        self.trie.branches.get_mut(index).children[nibble(&key, depth)] =
                            Link::branch(added);
                    }
                    None => self.trie.root = Link::branch(added),
                }
                self.edge.push(added);
            }
        }
        self.last = Some((key, leaf));
    }

    /// Walks down the right edge. Its cached references are dropped: whatever is added next changes them.
    fn find_edge(&mut self) {
        self.edge.clear();
        self.last = None;
        let mut link = self.trie.root;
        loop {
            self.trie.forget_reference(link);
            match link.target() {
                Target::Nothing => return,
                Target::Leaf(index) => {
                    self.last = Some((self.trie.leaves.get(index).key, link));
                    return;
                }
                Target::Branch(index) => {
                    self.edge.push(index);
                    let children = &self.trie.branches.get(index).children;
                    link = children
                        .iter()
                        .rev()
                        .copied()
                        .find(|child| !child.is_nothing())
                        .unwrap_or(Link::NOTHING);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{U256, keccak256};
    use proptest::prelude::*;

    fn inserted(keys: &[B256]) -> B256 {
        let mut trie = Trie::default();
        for key in keys {
            trie.insert(*key, U256::from(1));
        }
        trie.root()
    }

    proptest! {
        #[test]
        fn appending_gives_the_root_that_inserting_gives(count in 0u32..300, unsorted in any::<bool>()) {
            let mut keys: Vec<B256> = (0..count).map(|n| keccak256(n.to_be_bytes())).collect();
            if !unsorted {
                keys.sort();
            }
            let mut trie = Trie::default();
            let mut appender = Appender::new(&mut trie);
            for key in &keys {
                appender.push(*key, U256::from(1));
            }
            prop_assert_eq!(trie.root(), inserted(&keys));
        }
    }

    #[test]
    fn appending_continues_a_trie_that_was_already_hashed() {
        let mut keys: Vec<B256> = (0..50u8).map(|n| keccak256([n])).collect();
        keys.sort();
        let mut trie = Trie::default();
        for part in keys.chunks(7) {
            let mut appender = Appender::new(&mut trie);
            for key in part {
                appender.push(*key, U256::from(1));
            }
            trie.root();
        }
        assert_eq!(trie.root(), inserted(&keys));
    }
}
