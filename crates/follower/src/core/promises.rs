use alloy_primitives::{Address, B256, keccak256};
use forebond_ledger::{
    chain::SealedBlock,
    promise::PublishedFrag,
    rpc::{BrokenPromise, Fault, Found, Seen},
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// Broken promises that are remembered for who asks.
const MAX_BROKEN: usize = 65_536;
/// Frags taken back that may wait for L1's word.
const MAX_DISPLACED: usize = 16_384;

/// Promises that were taken back, until L1 says whether they are kept after all.
#[derive(Debug, Default)]
pub struct Promises {
    displaced: BTreeMap<u64, Vec<Arc<PublishedFrag>>>,
    count: usize,
    broken: VecDeque<BrokenPromise>,
    broken_in_all: u64,
}

impl Promises {
    /// Takes in frags that are no longer part of the chain here.
    pub fn displaced(&mut self, frags: impl IntoIterator<Item = Arc<PublishedFrag>>) {
        for frag in frags {
            self.count = self.count.saturating_add(1);
            let of_block = self.displaced.entry(frag.frag.blockNumber).or_default();
            if !of_block.iter().any(|known| known.hash == frag.hash) {
                of_block.push(frag);
            }
        }
        while self.count > MAX_DISPLACED {
            let Some((_, dropped)) = self.displaced.pop_first() else {
                return;
            };
            self.count = self.count.saturating_sub(dropped.len());
        }
    }

    /// L1 has this block: which displaced promises of its number are broken? `base` is the base its batch names, if a batch
    /// brought it. `signer_of` gives the signer of a frag.
    pub fn judge(
        &mut self,
        block: &SealedBlock,
        base: Option<B256>,
        signer_of: impl Fn(&PublishedFrag) -> Address,
    ) -> u64 {
        let Some(frags) = self.displaced.remove(&block.number()) else {
            return 0;
        };
        self.count = self.count.saturating_sub(frags.len());
        let mut found_broken = 0u64;
        for frag in frags {
            for promised in &frag.transactions {
                let leaf = &promised.leaf;
                let there = u32::try_from(leaf.index)
                    .ok()
                    .and_then(|index| block.transaction(index));
                let kept = there.is_some_and(|tx| {
                    tx.leaf.tx_hash == leaf.tx_hash
                        && keccak256(&tx.receipt_bytes) == leaf.receipt_hash
                });
                if kept || promised.tx.is_deposit() {
                    continue;
                }
                let found = block
                    .transactions()
                    .find(|tx| tx.leaf.tx_hash == leaf.tx_hash)
                    .map(|tx| Found {
                        block: block.number(),
                        index: tx.leaf.index,
                        receipt_hash: keccak256(&tx.receipt_bytes),
                    });
                found_broken = found_broken.saturating_add(1);
                self.keep(BrokenPromise {
                    tx_hash: leaf.tx_hash,
                    block: block.number(),
                    index: leaf.index,
                    base: frag.base.hash,
                    window: frag.base.base.window,
                    signer: signer_of(&frag),
                    fault: if base == Some(frag.base.hash) {
                        Fault::Lie
                    } else {
                        Fault::Unkept
                    },
                    seen: Seen {
                        receipt_hash: leaf.receipt_hash,
                    },
                    found,
                });
            }
        }
        found_broken
    }

    fn keep(&mut self, broken: BrokenPromise) {
        self.broken_in_all = self.broken_in_all.saturating_add(1);
        if self.broken.len() >= MAX_BROKEN {
            self.broken.pop_front();
        }
        self.broken.push_back(broken);
    }

    /// Broken promises so far, and the ones remembered, oldest first.
    pub fn broken(&self) -> (u64, Vec<BrokenPromise>) {
        (self.broken_in_all, self.broken.iter().cloned().collect())
    }

    /// How many there were in all.
    pub const fn broken_in_all(&self) -> u64 {
        self.broken_in_all
    }

    /// Whether displaced promises wait.
    pub fn waits(&self) -> bool {
        !self.displaced.is_empty()
    }
}
