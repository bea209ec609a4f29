use std::collections::BTreeMap;

use alloy_primitives::{B256, Bytes, keccak256};
use forebond_evidence::{
    Accusation,
    docket::{Book, Limits, Posted, Standing},
    faults::late,
};
use forebond_protocol::Signed;

use super::Scene;
use crate::court::L1;

/// Accusations by fault id: whatever the evidence, a fault is one.
pub(crate) type Accusations = BTreeMap<B256, Accusation>;

/// What a watcher gets to hear.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    /// Decides in which order.
    pub(crate) seed: u64,
    /// Seals reach it.
    pub(crate) hears_seals: bool,
    /// Messages beside the histories': of which turn, and what.
    pub(crate) more: Vec<(usize, Signed, Bytes)>,
}

impl Watching {
    pub(crate) const fn everything(seed: u64) -> Self {
        Self {
            seed,
            hears_seals: true,
            more: vec![],
        }
    }

    /// Everything that a watcher of this history accuses anybody of.
    pub(crate) fn watch(&self, scene: &Scene) -> Accusations {
        let (book, mut found) = self.hear(scene);
        for docket in book.dockets() {
            for (id, (record, opened)) in (1u32..).zip(scene.l1.batches.iter().zip(&scene.opened)) {
                let posted = Posted {
                    id,
                    gateway: record.gateway,
                    standing: record.standing,
                };
                let insured = scene.l1.insured_wei;
                found.extend(docket.review(&posted, opened, insured, &Bytes::new(), 10_000));
            }
            for (gateway, opened) in &scene.unposted {
                let posted = Posted {
                    id: 0,
                    gateway: *gateway,
                    standing: Standing::Unposted,
                };
                found.extend(docket.review(&posted, opened, 0, &Bytes::new(), 10_000));
            }
            found.extend(late_in(docket, &scene.l1));
        }
        found.into_iter().map(|one| (one.id, one)).collect()
    }

    /// Hears all messages and promises in some order.
    pub(crate) fn hear(&self, scene: &Scene) -> (Book, Vec<Accusation>) {
        let mut book = book(scene, Limits::default());
        let slot = scene.l1.slot;
        let mut heard: Vec<_> = scene
            .turns
            .iter()
            .enumerate()
            .flat_map(|(turn, story)| {
                Scene::messages(story)
                    .into_iter()
                    .map(move |(message, signature)| (turn, message, signature))
            })
            .filter(|(_, message, _)| self.hears_seals || !matches!(message, Signed::Seal(_)))
            .chain(self.more.iter().cloned())
            .enumerate()
            .collect();
        heard.sort_by_key(|(place, _)| {
            keccak256([self.seed.to_be_bytes(), (*place as u64).to_be_bytes()].concat())
        });
        let mut found = vec![];
        for (_, (turn, message, signature)) in heard {
            let base = match &message {
                Signed::Base(base) => base.clone(),
                _ => scene.turns[turn].base.message.clone(),
            };
            found.extend(book.hear(slot, &base, message, signature).unwrap());
        }
        for turn in &scene.turns {
            let base = &turn.base.message;
            for frag in &turn.frags {
                for (promise, _) in &frag.promises {
                    promise.check().unwrap();
                }
                let promises = frag.promises.clone();
                found.extend(book.hear_promises(slot, base, promises).unwrap());
                if let Some(placed) = &frag.misplaced {
                    let key = (base.window, turn.window.gateway, frag.frag.message.base);
                    found.extend(book.hear_placed(key, frag.frag.message.sequence, placed));
                }
            }
        }
        (book, found)
    }
}

/// An empty book that knows the scene's gateways.
pub(crate) fn book(scene: &Scene, limits: Limits) -> Book {
    let l1 = &scene.l1;
    let mut book = Book::new(l1.domain, l1.clock.slots, 2_000, limits);
    for (gateway, set) in &l1.sets {
        book.roll_mut().note(*gateway, 0, set.clone());
    }
    book
}

fn late_in(docket: &forebond_evidence::docket::Docket, l1: &L1) -> Option<Accusation> {
    let window = l1.window_at(docket.accused().base().window)?;
    let missing = late::missing(docket.accused(), docket.chain().frags(), &l1.ended(window))?;
    missing
        .slots
        .clone()
        .find_map(|slot| late::accuse(docket.accused(), &missing, l1.presence(slot)))
}
