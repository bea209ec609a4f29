use std::collections::BTreeMap;

use alloy_primitives::Bytes;
use forebond_protocol::Signed;

use super::{Chain, promises::FragPromises};
use crate::{
    Accusation, Accused, Promise,
    faults::{fork, fork::Testimony, twin_leaves::PlacedLeaf},
};

/// What one gateway signed under one base, as far as it is known. Signatures were checked before.
#[derive(Clone, Debug)]
pub struct Docket {
    accused: Accused,
    chain: Chain,
    promises: BTreeMap<u32, FragPromises>,
    bytes: usize,
    most_bytes: usize,
}

/// A docket keeps no more: what came first stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {0} bytes under one base; nothing more of it is kept")]
pub struct Full(pub usize);

impl Docket {
    /// An empty docket that keeps about `most_bytes`.
    pub fn new(accused: Accused, most_bytes: usize) -> Self {
        Self {
            accused,
            chain: Chain::default(),
            promises: BTreeMap::new(),
            bytes: 0,
            most_bytes,
        }
    }

    /// Who, and under which base.
    pub const fn accused(&self) -> &Accused {
        &self.accused
    }

    /// Frags and seals.
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// About how much memory it takes, bytes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Promises known, in the order of their frags.
    pub fn promises(&self) -> impl Iterator<Item = Promise> {
        self.promises.values().flat_map(FragPromises::iter)
    }

    /// Hears a frag or seal under this base. A contradiction is found even when nothing more is kept.
    ///
    /// # Errors
    /// [`Full`] when it is new, contradicts nothing, and is not kept.
    pub fn hear(&mut self, message: Signed, signature: Bytes) -> Result<Option<Accusation>, Full> {
        if self.chain.knows(&message) {
            return Ok(None);
        }
        if let Some(rival) = self.chain.rival(&message) {
            let second = Testimony { message, signature };
            return Ok(fork::accuse(&self.accused, &rival, &second));
        }
        self.grow(size_of::<Signed>() + signature.len())?;
        self.chain.take(message, signature);
        Ok(None)
    }

    /// Hears promises of one frag that was heard before, with their raw transactions; those that are not the frag's are left out.
    /// Those of a frag that is not in the chain say nothing that could be compared: its own contradiction was found when it came.
    ///
    /// # Errors
    /// [`Full`] when they are not kept.
    pub fn hear_promises(
        &mut self,
        promises: Vec<(Promise, Bytes)>,
    ) -> Result<Vec<Accusation>, Full> {
        let Some((first, _)) = promises.first() else {
            return Ok(Vec::new());
        };
        let (hash, sequence) = (first.frag.struct_hash(), first.frag.message.sequence);
        let known = self.chain.frag(sequence);
        let Some(frag) = known.filter(|known| known.struct_hash() == hash).cloned() else {
            return Ok(Vec::new());
        };
        if self.bytes >= self.most_bytes {
            return Err(Full(self.most_bytes));
        }
        let same: Vec<_> = promises
            .into_iter()
            .filter(|(one, _)| one.frag.message == frag.message && one.check().is_ok())
            .collect();
        let Some((first, _)) = same.first() else {
            return Ok(Vec::new());
        };
        let env = first.env.clone();
        let (found, bytes) = self
            .promises
            .entry(sequence)
            .or_insert_with(|| FragPromises::new(frag, env))
            .take(&self.accused, same);
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(found)
    }

    /// Hears a leaf that somebody was shown at a place of a frag's tree. Nothing is kept of it.
    pub fn hear_placed(&self, sequence: u32, placed: &PlacedLeaf) -> Option<Accusation> {
        self.promises.get(&sequence)?.twin(&self.accused, placed)
    }

    fn grow(&mut self, bytes: usize) -> Result<(), Full> {
        if self.bytes >= self.most_bytes {
            return Err(Full(self.most_bytes));
        }
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}
