//! The radix tree itself: finding, writing and removing keys.
//!
//! A search goes down by the nibbles that branches part on, without comparing what lies between them, and compares the
//! whole key once at the leaf it ends at. Writing to a key that exists (nearly all writes of a block) is that one
//! search. Every change empties the cached references on the way from the root, so the next root computes just those.

use alloy_primitives::B256;
use alloy_trie::nodes::RlpNode;

use super::{
    arena::Arena,
    node::{Branch, Leaf, LeafValue, Link, Target, nibble, shared_nibbles},
};

/// A Merkle-Patricia trie with 32-byte keys, which are hashes in Ethereum's state.
#[derive(Clone, Debug)]
pub struct Trie<V> {
    pub(super) leaves: Arena<Leaf<V>>,
    pub(super) branches: Arena<Branch>,
    pub(super) root: Link,
    /// How many nibbles of every key are spoken for above this trie: the depth `root`'s cached reference is for.
    pub(super) base_depth: u8,
}

impl<V> Default for Trie<V> {
    fn default() -> Self {
        Self {
            leaves: Arena::default(),
            branches: Arena::default(),
            root: Link::NOTHING,
            base_depth: 0,
        }
    }
}

/// One step of a search: the branch passed and the child taken.
#[derive(Clone, Copy, Default)]
pub(super) struct Step {
    pub(super) branch: u32,
    pub(super) nibble: u8,
}

/// The branches passed on the way to a key, from the root. At most 64, since each parts on a later nibble.
pub(super) struct Path {
    steps: [Step; 64],
    len: usize,
}

impl Path {
    fn new() -> Self {
        Self {
            steps: [Step::default(); 64],
            len: 0,
        }
    }

    fn push(&mut self, step: Step) {
        if let Some(place) = self.steps.get_mut(self.len) {
            *place = step;
            self.len += 1;
        }
    }

    fn pop(&mut self) -> Option<Step> {
        self.len = self.len.checked_sub(1)?;
        self.steps.get(self.len).copied()
    }

    pub(super) fn steps(&self) -> &[Step] {
        self.steps.get(..self.len).unwrap_or_default()
    }
}

impl<V: LeafValue> Trie<V> {
    /// How many keys the trie holds.
    pub fn len(&self) -> usize {
        self.leaves.len()
    }

    /// Whether the trie holds no key.
    pub fn is_empty(&self) -> bool {
        self.root.is_nothing()
    }

    /// The value at `key`, if there is one.
    pub fn get(&self, key: &B256) -> Option<&V> {
        match self.search(key).1.target() {
            Target::Leaf(index) => Some(self.leaves.get(index))
                .filter(|leaf| leaf.key == *key)
                .map(|leaf| &leaf.value),
            Target::Nothing | Target::Branch(_) => None,
        }
    }

    /// Sets the value at `key`.
    pub fn insert(&mut self, key: B256, value: V) {
        self.upsert(key, |place| *place = value);
    }

    /// Changes the value at `key` in place, starting from the default value where there is none.
    pub fn upsert(&mut self, key: B256, change: impl FnOnce(&mut V)) {
        let (mut path, end) = self.search(&key);
        if let Target::Leaf(index) = end.target() {
            let leaf = self.leaves.get_mut(index);
            if leaf.key == key {
                change(&mut leaf.value);
                leaf.reference = RlpNode::default();
                self.forget_references(&path);
                return;
            }
        }
        let mut value = V::default();
        change(&mut value);
        let neighbour = match (end.target(), path.steps().last()) {
            (Target::Leaf(index), _) => self.leaves.get(index).key,
            (_, Some(last)) => self.key_below(Link::branch(last.branch)),
            (_, None) => {
                self.root = self.new_leaf(key, value);
                return;
            }
        };
        let parting = shared_nibbles(&key, &neighbour);
        // The first thing on the way whose keys share more than `parting` nibbles stays together, under a new branch.
        let mut below = end;
        while let Some(step) = path.steps().last().copied() {
            if self.branches.get(step.branch).depth <= parting {
                break;
            }
            below = Link::branch(step.branch);
            path.pop();
        }
        let leaf = self.new_leaf(key, value);
        let hung = if below.is_nothing() {
            leaf
        } else {
            self.forget_reference(below);
            let mut branch = Branch::at(parting);
            branch.children[nibble(&neighbour, parting)] = below;
            branch.children[nibble(&key, parting)] = leaf;
            Link::branch(self.branches.insert(branch))
        };
        self.hang(&path, hung);
        self.forget_references(&path);
    }

    /// Removes `key`; says whether it was there.
    pub fn remove(&mut self, key: &B256) -> bool {
        let (mut path, end) = self.search(key);
        let Target::Leaf(index) = end.target() else {
            return false;
        };
        if self.leaves.get(index).key != *key {
            return false;
        }
        self.leaves.remove(index);
        self.hang(&path, Link::NOTHING);
        self.forget_references(&path);
        if let Some(parent) = path.pop()
            && let Some(last_child) = self.branches.get(parent.branch).only_child()
        {
            // A branch of one is no branch. Its child now starts higher up, so its encoding changes.
            self.branches.remove(parent.branch);
            self.forget_reference(last_child);
            self.hang(&path, last_child);
        }
        true
    }

    /// Bytes of memory the trie holds.
    pub fn memory_bytes(&self) -> usize {
        let mut heap = 0;
        self.for_each(|_, value| heap += value.heap_bytes());
        heap + self.leaves.memory_bytes() + self.branches.memory_bytes()
    }

    /// Calls `visit` with every key and value, in ascending order of keys.
    pub fn for_each(&self, mut visit: impl FnMut(&B256, &V)) {
        let mut open = vec![self.root];
        while let Some(link) = open.pop() {
            match link.target() {
                Target::Nothing => {}
                Target::Leaf(index) => {
                    let leaf = self.leaves.get(index);
                    visit(&leaf.key, &leaf.value);
                }
                Target::Branch(index) => {
                    open.extend(self.branches.get(index).children.iter().rev())
                }
            }
        }
    }

    /// Goes down by `key`'s nibbles to a leaf (which may hold another key) or to a missing child.
    pub(super) fn search(&self, key: &B256) -> (Path, Link) {
        let mut path = Path::new();
        let mut link = self.root;
        while let Target::Branch(index) = link.target() {
            let branch = self.branches.get(index);
            let choice = nibble(key, branch.depth);
            #[expect(clippy::cast_possible_truncation, reason = "a nibble")]
            path.push(Step {
                branch: index,
                nibble: choice as u8,
            });
            link = branch.children[choice];
        }
        (path, link)
    }

    /// The key of some leaf below `link`; all of them share the nibbles down to `link`'s depth.
    pub(super) fn key_below(&self, mut link: Link) -> B256 {
        loop {
            match link.target() {
                Target::Leaf(index) => return self.leaves.get(index).key,
                Target::Branch(index) => {
                    let children = &self.branches.get(index).children;
                    link = children
                        .iter()
                        .copied()
                        .find(|child| !child.is_nothing())
                        .unwrap_or(Link::NOTHING);
                }
                Target::Nothing => return B256::ZERO,
            }
        }
    }

    pub(super) fn new_leaf(&mut self, key: B256, value: V) -> Link {
        Link::leaf(self.leaves.insert(Leaf {
            key,
            reference: RlpNode::default(),
            value,
        }))
    }

    /// Puts `link` where `path` ends.
    pub(super) fn hang(&mut self, path: &Path, link: Link) {
        match path.steps().last() {
            None => self.root = link,
            Some(step) => {
                self.branches.get_mut(step.branch).children[usize::from(step.nibble & 0x0f)] = link
            }
        }
    }

    pub(super) fn forget_reference(&mut self, link: Link) {
        match link.target() {
            Target::Nothing => {}
            Target::Leaf(index) => self.leaves.get_mut(index).reference = RlpNode::default(),
            Target::Branch(index) => self.branches.get_mut(index).reference = RlpNode::default(),
        }
    }

    fn forget_references(&mut self, path: &Path) {
        for step in path.steps() {
            self.branches.get_mut(step.branch).reference = RlpNode::default();
        }
    }
}
