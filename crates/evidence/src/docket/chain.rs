use std::collections::{BTreeMap, HashMap};

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_protocol::{Signed, fork};
use forebond_types::{Frag, Seal};

use crate::{Attested, faults::fork::Testimony};

/// Frags and seals under one base that contradict each other nowhere, arranged so that a message that contradicts any of them is
/// found by asking a few: what can be true together is monotone in sequences and blocks, so neighbours speak for all the others.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    frags: BTreeMap<u32, Attested<Frag>>,
    /// previousFrag → sequence.
    followers: HashMap<B256, u32>,
    /// Block → first and last known sequence in it.
    blocks: BTreeMap<u64, (u32, u32)>,
    seals: BTreeMap<u64, Attested<Seal>>,
}

impl Chain {
    /// What contradicts the message, if anything does.
    pub fn rival(&self, message: &Signed) -> Option<Testimony> {
        let candidates = match message {
            Signed::Frag(frag) => self.near_frag(frag),
            Signed::Seal(seal) => self.near_seal(seal),
            Signed::Base(_) => return None,
        };
        candidates
            .into_iter()
            .find(|candidate| fork(&candidate.message, message).is_some())
    }

    /// The message is here already, whatever its signature's bytes.
    pub fn knows(&self, message: &Signed) -> bool {
        match message {
            Signed::Frag(frag) => self
                .frags
                .get(&frag.sequence)
                .is_some_and(|known| known.struct_hash() == frag.eip712_hash_struct()),
            Signed::Seal(seal) => self
                .seals
                .get(&seal.blockNumber)
                .is_some_and(|known| known.struct_hash() == seal.eip712_hash_struct()),
            Signed::Base(_) => false,
        }
    }

    /// Takes a message that has no rival.
    pub fn take(&mut self, message: Signed, signature: Bytes) {
        match message {
            Signed::Frag(frag) => {
                self.followers.insert(frag.previousFrag, frag.sequence);
                self.blocks
                    .entry(frag.blockNumber)
                    .and_modify(|(first, last)| {
                        *first = frag.sequence.min(*first);
                        *last = frag.sequence.max(*last);
                    })
                    .or_insert((frag.sequence, frag.sequence));
                let sequence = frag.sequence;
                self.frags.insert(
                    sequence,
                    Attested {
                        message: frag,
                        signature,
                    },
                );
            }
            Signed::Seal(seal) => {
                self.seals.insert(
                    seal.blockNumber,
                    Attested {
                        message: seal,
                        signature,
                    },
                );
            }
            Signed::Base(_) => {}
        }
    }

    /// Frags in the order of their sequence.
    pub fn frags(&self) -> impl Iterator<Item = &Attested<Frag>> {
        self.frags.values()
    }

    /// A frag by its sequence.
    pub fn frag(&self, sequence: u32) -> Option<&Attested<Frag>> {
        self.frags.get(&sequence)
    }

    /// Seals in the order of their blocks.
    pub fn seals(&self) -> impl Iterator<Item = &Attested<Seal>> {
        self.seals.values()
    }

    fn near_frag(&self, frag: &Frag) -> Vec<Testimony> {
        let sequence = frag.sequence;
        let mut sequences = vec![
            Some(sequence),
            self.followers.get(&frag.previousFrag).copied(),
        ];
        sequences.push(self.blocks.get(&frag.blockNumber).map(|(first, _)| *first));
        sequences.extend(self.around(sequence));
        let seals = self.seals_around(frag.blockNumber);
        self.testimonies(&sequences, seals)
    }

    fn near_seal(&self, seal: &Seal) -> Vec<Testimony> {
        let (number, last) = (seal.blockNumber, seal.lastSequence);
        let mut sequences = vec![Some(last)];
        sequences.push(self.blocks.get(&number).map(|(_, last)| *last));
        sequences.push(self.blocks.get(&number).map(|(first, _)| *first));
        let below = self.blocks.range(..number).next_back();
        sequences.push(below.map(|(_, (_, last))| *last));
        let above = number
            .checked_add(1)
            .and_then(|next| self.blocks.range(next..).next());
        sequences.push(above.map(|(_, (first, _))| *first));
        let seals = self.seals_around(number);
        self.testimonies(&sequences, seals)
    }

    fn around(&self, sequence: u32) -> [Option<u32>; 2] {
        let below = self.frags.range(..sequence).next_back();
        let above = sequence
            .checked_add(1)
            .and_then(|next| self.frags.range(next..).next());
        [below, above].map(|found| found.map(|(sequence, _)| *sequence))
    }

    /// The block's own seal and the nearest ones.
    fn seals_around(&self, number: u64) -> [Option<&Attested<Seal>>; 3] {
        let below = self.seals.range(..number).next_back();
        let above = number
            .checked_add(1)
            .and_then(|next| self.seals.range(next..).next());
        [
            self.seals.get(&number),
            below.map(|(_, seal)| seal),
            above.map(|(_, seal)| seal),
        ]
    }

    fn testimonies(
        &self,
        sequences: &[Option<u32>],
        seals: [Option<&Attested<Seal>>; 3],
    ) -> Vec<Testimony> {
        let frags = sequences
            .iter()
            .flatten()
            .filter_map(|sequence| self.frags.get(sequence))
            .map(|frag| Testimony {
                message: Signed::Frag(frag.message.clone()),
                signature: frag.signature.clone(),
            });
        let seals = seals.into_iter().flatten().map(|seal| Testimony {
            message: Signed::Seal(seal.message.clone()),
            signature: seal.signature.clone(),
        });
        frags.chain(seals).collect()
    }
}
