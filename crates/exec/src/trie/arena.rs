//! Slots for the nodes of one trie: addressed by number, reused after removal, never moved once placed.

use std::mem;

/// Entries per chunk. A trie of a contract with three slots allocates three entries, not a chunk: only the first chunk
/// grows by doubling, later ones are allocated whole.
const CHUNK_LEN: usize = 4096;

/// A growing set of `T`, each reachable by the index that [`Arena::insert`] returned.
///
/// Chunks instead of one vector: growing a vector of a million leaves would copy all of them and hold twice the memory
/// for a moment.
///
/// An index is valid from `insert` to `remove`. Indices never leave the trie that owns the arena, so a use outside of
/// that span is a defect of that trie, and stops it by the slice's own bound check or shows in the state root.
#[derive(Clone, Debug)]
pub(super) struct Arena<T> {
    chunks: Vec<Vec<T>>,
    free: Vec<u32>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self {
            chunks: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<T: Default> Arena<T> {
    /// Places `value` and returns its index, below 2^31.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(index) = self.free.pop() {
            *self.get_mut(index) = value;
            return index;
        }
        if self
            .chunks
            .last()
            .is_none_or(|chunk| chunk.len() == CHUNK_LEN)
        {
            let capacity = if self.chunks.is_empty() { 0 } else { CHUNK_LEN };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        let full_chunks = self.chunks.len().saturating_sub(1);
        let mut place = 0;
        if let Some(chunk) = self.chunks.last_mut() {
            place = chunk.len();
            chunk.push(value);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "2^31 nodes would take 200 GB of memory first"
        )]
        let index = (full_chunks * CHUNK_LEN + place) as u32;
        index
    }

    /// Takes the entry out; its slot is given to a later insert.
    pub(super) fn remove(&mut self, index: u32) -> T {
        let taken = mem::take(self.get_mut(index));
        self.free.push(index);
        taken
    }
}

impl<T> Arena<T> {
    /// The entry at `index`.
    #[inline]
    pub(super) fn get(&self, index: u32) -> &T {
        &self.chunks[index as usize / CHUNK_LEN][index as usize % CHUNK_LEN]
    }

    /// The entry at `index`, to change it.
    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> &mut T {
        &mut self.chunks[index as usize / CHUNK_LEN][index as usize % CHUNK_LEN]
    }

    /// How many entries live here.
    pub(super) fn len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum::<usize>() - self.free.len()
    }

    /// Bytes allocated, without what the entries themselves point to.
    pub(super) fn memory_bytes(&self) -> usize {
        let slots: usize = self.chunks.iter().map(Vec::capacity).sum();
        slots * mem::size_of::<T>() + self.free.capacity() * mem::size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_slot_is_used_again_before_the_arena_grows() {
        let mut arena = Arena::default();
        let first = arena.insert(10u64);
        let second = arena.insert(20);
        assert_eq!(arena.remove(first), 10);
        assert_eq!(arena.insert(30), first);
        assert_eq!(
            (*arena.get(first), *arena.get(second), arena.len()),
            (30, 20, 2)
        );
    }

    #[test]
    fn entries_beyond_the_first_chunk_keep_their_index() {
        let mut arena = Arena::default();
        let indices: Vec<u32> = (0..3 * CHUNK_LEN as u64).map(|n| arena.insert(n)).collect();
        for (n, index) in indices.into_iter().enumerate() {
            assert_eq!(*arena.get(index), n as u64);
        }
    }
}
