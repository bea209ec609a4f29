use crate::promise::{BlockStart, PromisedTx, PublishedFrag, SignedBase};
use alloy_consensus::Header;
use alloy_primitives::B256;
use forebond_types::{Seal, Signature};
use std::sync::Arc;

/// A block that gets no more transactions and whose hash is known.
#[derive(Clone, Debug)]
pub struct SealedBlock {
    /// The header.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// How it started.
    pub start: Arc<BlockStart>,
    /// Its transactions, with their promises if they are known here.
    pub content: Content,
    /// The seal; none for genesis, for a derived block and for one whose seal nobody has heard.
    pub seal: Option<(Seal, Signature)>,
}

/// What a block was built from.
#[derive(Clone, Debug)]
pub enum Content {
    /// Signed frags, in order.
    Promised(Vec<Arc<PublishedFrag>>),
    /// Data on L1 alone: whatever was promised was not heard here.
    Derived(Vec<Arc<PromisedTx>>),
}

impl SealedBlock {
    /// Its height.
    pub const fn number(&self) -> u64 {
        self.header.number
    }

    /// The frags it was built from; none if it was derived.
    pub fn frags(&self) -> &[Arc<PublishedFrag>] {
        match &self.content {
            Content::Promised(frags) => frags,
            Content::Derived(_) => &[],
        }
    }

    /// The base it was promised under; none if no promise of it is known.
    pub fn base(&self) -> Option<&Arc<SignedBase>> {
        self.frags().first().map(|frag| &frag.base)
    }

    /// All transactions, in order.
    pub fn transactions(&self) -> Box<dyn Iterator<Item = &Arc<PromisedTx>> + '_> {
        match &self.content {
            Content::Promised(frags) => {
                Box::new(frags.iter().flat_map(|frag| frag.transactions.iter()))
            }
            Content::Derived(transactions) => Box::new(transactions.iter()),
        }
    }

    /// The transaction at `index`.
    pub fn transaction(&self, index: u32) -> Option<&Arc<PromisedTx>> {
        match &self.content {
            Content::Promised(_) => {
                let (frag, place) = self.place(index)?;
                frag.transactions.get(place)
            }
            Content::Derived(transactions) => transactions.get(usize::try_from(index).ok()?),
        }
    }

    /// The frag and the place in it of the transaction at `index` in the block, if its promise is known.
    pub fn place(&self, index: u32) -> Option<(&Arc<PublishedFrag>, usize)> {
        place_in(self.frags().iter(), index)
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
