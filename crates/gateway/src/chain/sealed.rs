use crate::promise::{BlockStart, PromisedTx, PublishedFrag, SignedBase};
use alloy_consensus::Header;
use alloy_primitives::B256;
use forebond_types::{Seal, Signature};
use std::sync::Arc;

/// A block whose seal is durable and signed, with every promise in it.
#[derive(Clone, Debug)]
pub struct SealedBlock {
    /// The header.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// How it started.
    pub start: Arc<BlockStart>,
    /// The frags it was built from, in order.
    pub frags: Vec<Arc<PublishedFrag>>,
    /// The seal; none for genesis.
    pub seal: Option<(Seal, Signature)>,
}

impl SealedBlock {
    /// Its height.
    pub const fn number(&self) -> u64 {
        self.header.number
    }

    /// The base it was written under; none for genesis.
    pub fn base(&self) -> Option<&Arc<SignedBase>> {
        self.frags.first().map(|frag| &frag.base)
    }

    /// All transactions, in order.
    pub fn transactions(&self) -> impl Iterator<Item = &Arc<PromisedTx>> {
        self.frags.iter().flat_map(|frag| frag.transactions.iter())
    }

    /// The frag and the place in it of the transaction at `index` in the block.
    pub fn place(&self, index: u32) -> Option<(&Arc<PublishedFrag>, usize)> {
        place_in(self.frags.iter(), index)
    }
}

/// Finds the frag that holds the transaction at `index` of its block, and the place in it.
pub fn place_in<'a>(
    mut frags: impl Iterator<Item = &'a Arc<PublishedFrag>>,
    index: u32,
) -> Option<(&'a Arc<PublishedFrag>, usize)> {
    frags.find_map(|frag| {
        let place = index.checked_sub(frag.frag.firstTransaction)?;
        (place < frag.frag.transactionCount).then_some((frag, place as usize))
    })
}
