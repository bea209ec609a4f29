//! Promises that wait for their block, and what became of the others: pure.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use serde::Serialize;

use super::Derived;
use crate::spam::Promise;

/// Broken promises that are kept with their details.
const KEPT_BROKEN: usize = 1_024;

/// A promise that the chain contradicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Broken {
    /// The transaction.
    pub(crate) tx_hash: B256,
    /// Promised block.
    pub(crate) block: u64,
    /// Promised index.
    pub(crate) index: u64,
    /// The base it was promised under.
    pub(crate) base: B256,
    /// The window.
    pub(crate) window: u64,
    /// Whose signature.
    pub(crate) gateway: String,
    /// What the chain has instead.
    pub(crate) instead: String,
    /// The fault's kind, as a node reported it.
    pub(crate) reported: Option<String>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} promised transaction {} at {} of block {}; the chain has {}",
            self.gateway, self.tx_hash, self.index, self.block, self.instead
        )
    }
}

/// How many promises became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdicts {
    /// As promised.
    pub(crate) kept: u64,
    /// Otherwise.
    pub(crate) broken: u64,
    /// Their block is not there yet.
    pub(crate) open: u64,
}

/// Promises on their way to a verdict.
#[derive(Clone, Debug, Default)]
pub(crate) struct Book {
    waiting: BTreeMap<u64, Vec<Promise>>,
    gateways: Vec<String>,
    verdicts: Verdicts,
    broken: Vec<Broken>,
}

impl Book {
    /// Of nobody yet; `gateways` are their names.
    pub(crate) fn new(gateways: Vec<String>) -> Self {
        Self {
            gateways,
            ..Self::default()
        }
    }

    /// Takes a promise in.
    pub(crate) fn add(&mut self, promise: Promise) {
        self.verdicts.open += 1;
        self.waiting.entry(promise.block).or_default().push(promise);
    }

    /// The lowest block that is waited for, if it is not above `up_to`.
    pub(crate) fn next_due(&self, up_to: u64) -> Option<u64> {
        let (block, _) = self.waiting.first_key_value()?;
        (*block <= up_to).then_some(*block)
    }

    /// The highest block that is waited for.
    pub(crate) fn newest(&self) -> Option<u64> {
        self.waiting.last_key_value().map(|(block, _)| *block)
    }

    /// The promises of a block, as far as the judge has to know which receipts matter.
    pub(crate) fn of_block(&self, block: u64) -> &[Promise] {
        self.waiting.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Compares the promises of a block with it.
    pub(crate) fn judge(&mut self, block: u64, derived: &Derived) {
        for promise in self.waiting.remove(&block).unwrap_or_default() {
            self.verdicts.open = self.verdicts.open.saturating_sub(1);
            let Some(instead) = contradiction(&promise, derived) else {
                self.verdicts.kept += 1;
                continue;
            };
            self.verdicts.broken += 1;
            if self.broken.len() < KEPT_BROKEN {
                self.broken.push(Broken {
                    tx_hash: promise.tx_hash,
                    block,
                    index: promise.index,
                    base: promise.base,
                    window: promise.window,
                    gateway: self
                        .gateways
                        .get(promise.gateway)
                        .cloned()
                        .unwrap_or_default(),
                    instead,
                    reported: None,
                });
            }
        }
    }

    /// How many became what.
    pub(crate) const fn verdicts(&self) -> Verdicts {
        self.verdicts
    }

    /// The broken ones.
    pub(crate) fn broken_mut(&mut self) -> &mut [Broken] {
        &mut self.broken
    }

    /// The broken ones.
    pub(crate) fn broken(&self) -> &[Broken] {
        &self.broken
    }
}

/// What the chain has instead of what was promised; nothing when it was kept.
fn contradiction(promise: &Promise, derived: &Derived) -> Option<String> {
    let place = usize::try_from(promise.index).ok();
    match place.and_then(|place| derived.transactions.get(place)) {
        Some(hash) if *hash == promise.tx_hash => {}
        Some(hash) => return Some(format!("transaction {hash} at its place")),
        None => {
            return Some(format!(
                "a block of {} transactions",
                derived.transactions.len()
            ));
        }
    }
    match derived.receipts.get(&promise.index) {
        Some(hash) if *hash == promise.receipt_hash => None,
        Some(hash) => Some(format!("another receipt: {hash}")),
        None => Some("no receipt".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn promise(block: u64, index: u64) -> Promise {
        Promise {
            tx_hash: B256::repeat_byte(u8::try_from(index).unwrap()),
            block,
            index,
            receipt_hash: B256::repeat_byte(0xe0),
            base: B256::repeat_byte(7),
            window: 9,
            gateway: 1,
            issued_at_ms: 0,
            received_at_ms: 0,
        }
    }

    /// A block that keeps the promises of these indices, after its attributes.
    fn block(count: u8) -> Derived {
        Derived {
            transactions: (0..count).map(B256::repeat_byte).collect(),
            receipts: (1..u64::from(count))
                .map(|index| (index, B256::repeat_byte(0xe0)))
                .collect(),
        }
    }

    fn book(promises: &[Promise]) -> Book {
        let mut book = Book::new(vec!["gateway-1".into(), "gateway-2".into()]);
        promises.iter().for_each(|promise| book.add(*promise));
        book
    }

    #[test]
    fn a_promise_is_open_until_its_block_is_there_and_then_kept() {
        let mut book = book(&[promise(3, 1), promise(3, 2), promise(5, 1)]);
        assert_eq!(book.next_due(2), None);
        assert_eq!(book.next_due(4), Some(3));
        book.judge(3, &block(3));
        assert_eq!(book.next_due(4), None);
        assert_eq!(
            book.verdicts(),
            Verdicts {
                kept: 2,
                broken: 0,
                open: 1
            }
        );
    }

    #[test]
    fn each_way_to_break_a_promise_is_told_with_whose_signature() {
        let mut shorter = block(3);
        shorter.transactions.truncate(1);
        let mut other = block(3);
        other.transactions[1] = B256::repeat_byte(9);
        let mut receipt = block(3);
        receipt.receipts.insert(1, B256::repeat_byte(9));
        let mut none = block(3);
        none.receipts.clear();
        for (derived, words) in [
            (shorter, "a block of 1"),
            (other, "at its place"),
            (receipt, "another receipt"),
            (none, "no receipt"),
        ] {
            let mut book = book(&[promise(3, 1)]);
            book.judge(3, &derived);
            assert_eq!((book.verdicts().kept, book.verdicts().broken), (0, 1));
            let broken = &book.broken()[0];
            assert!(broken.instead.contains(words), "{}", broken.instead);
            assert_eq!(broken.gateway, "gateway-2");
        }
    }

    proptest! {
        #[test]
        fn every_promise_has_exactly_one_verdict(
            promises in prop::collection::vec((1u64..20, 1u64..6), 0..100),
            up_to in 0u64..25,
        ) {
            let promises: Vec<_> = promises.iter().map(|(b, i)| promise(*b, *i)).collect();
            let mut book = book(&promises);
            while let Some(due) = book.next_due(up_to) {
                book.judge(due, &block(4));
            }
            let verdicts = book.verdicts();
            let judged = promises.iter().filter(|p| p.block <= up_to).count() as u64;
            prop_assert_eq!(verdicts.kept + verdicts.broken, judged);
            prop_assert_eq!(verdicts.open, promises.len() as u64 - judged);
        }
    }
}
