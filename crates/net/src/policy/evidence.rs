//! Contradictions among what one signer signed (R2). `protocol::fork` says what contradicts what; this finds, for a new
//! message, the few earlier ones it could contradict, so that a frag costs a handful of comparisons however long the turn is.
//!
//! What is kept of a turn is free of contradictions: of a forker's two branches the first one heard. In such a list blocks,
//! sequences and seals all rise together, and therefore the neighbours of a new message contradict it if anything does (the
//! property test below compares with all pairs).

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use alloy_primitives::{Address, B256};
use forebond_protocol::{Signed, fork};
use forebond_types::Envelope;

use crate::{Conflict, SignedMessage};

/// Contradictions that are remembered as reported, per signer.
const MAX_REPORTED: usize = 256;
/// Bases of one window that do not contradict each other: attempts 0 and 1.
const BASES_PER_WINDOW: usize = 2;

/// What a message is to those before it.
#[derive(Debug)]
pub(crate) enum Finding {
    /// Contradicts nothing that is kept.
    Clean,
    /// Contradicts something, and nobody was told of this base's signer yet.
    Fork(Box<Conflict>),
    /// Contradicts something under a base whose fork was reported.
    Again,
}

/// Signed messages of the last while, per signer.
#[derive(Debug)]
pub(crate) struct Evidence {
    signers: HashMap<Address, Book>,
    max_signers: usize,
    max_messages: usize,
    touches: u64,
}

#[derive(Debug, Default)]
struct Book {
    turns: HashMap<B256, TurnBook>,
    windows: BTreeMap<u64, Vec<SignedMessage>>,
    order: VecDeque<Place>,
    reported: HashSet<Key>,
    reported_order: VecDeque<Key>,
    touched: u64,
}

#[derive(Debug, Default)]
struct TurnBook {
    frags: BTreeMap<u32, SignedMessage>,
    by_previous: HashMap<B256, u32>,
    seals: BTreeMap<u64, SignedMessage>,
}

/// Where a kept message lies.
#[derive(Clone, Copy, Debug)]
enum Place {
    Frag(B256, u32, B256),
    Seal(B256, u64),
    Window(u64),
}

/// What a fork is reported once for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Turn(B256),
    Window(u64),
}

impl Evidence {
    /// Keeps at most `max_messages` for each of `max_signers`.
    pub(crate) fn new(max_signers: usize, max_messages: usize) -> Self {
        Self {
            signers: HashMap::new(),
            max_signers,
            max_messages,
            touches: 0,
        }
    }

    /// Compares a message with what `signer` signed before and keeps it if it contradicts nothing. The caller has checked
    /// that the signature is `signer`'s and that the judge knows `signer`.
    pub(crate) fn look(&mut self, envelope: &Envelope, signer: Address) -> Finding {
        self.make_room(signer);
        self.touches += 1;
        let book = self.signers.entry(signer).or_default();
        book.touched = self.touches;

        let new = SignedMessage::of(envelope);
        let key = match envelope {
            Envelope::Base(base) => Key::Window(base.base.window),
            _ => Key::Turn(envelope.base_hash()),
        };
        let contradiction = book
            .candidates(envelope)
            .into_iter()
            .find_map(|old| fork(&old.message, &new.message).map(|kind| (kind, old.clone())));
        let Some((kind, first)) = contradiction else {
            book.keep(envelope, new, self.max_messages);
            return Finding::Clean;
        };
        if !book.report(key) {
            return Finding::Again;
        }
        let base = match (&first.message, envelope) {
            (Signed::Base(base), _) => alloy_sol_types::SolStruct::eip712_hash_struct(base),
            (_, envelope) => envelope.base_hash(),
        };
        Finding::Fork(Box::new(Conflict {
            signer,
            base,
            fork: kind,
            first,
            second: new,
        }))
    }

    /// The signer heard longest ago makes room for a new one.
    fn make_room(&mut self, signer: Address) {
        if self.signers.len() < self.max_signers || self.signers.contains_key(&signer) {
            return;
        }
        let oldest = self
            .signers
            .iter()
            .min_by_key(|(_, book)| book.touched)
            .map(|(signer, _)| *signer);
        if let Some(oldest) = oldest {
            self.signers.remove(&oldest);
        }
    }

    #[cfg(test)]
    fn kept(&self) -> usize {
        let turns = |turn: &TurnBook| {
            assert_eq!(turn.frags.len(), turn.by_previous.len());
            turn.frags.len() + turn.seals.len()
        };
        self.signers
            .values()
            .map(|book| {
                let in_windows: usize = book.windows.values().map(Vec::len).sum();
                in_windows + book.turns.values().map(turns).sum::<usize>()
            })
            .sum()
    }
}

impl Book {
    /// Everything kept that the message could contradict.
    fn candidates(&self, envelope: &Envelope) -> Vec<&SignedMessage> {
        let mut found = Vec::with_capacity(8);
        match envelope {
            Envelope::Base(base) => {
                found.extend(self.windows.get(&base.base.window).into_iter().flatten());
            }
            Envelope::Frag(frag) => {
                let Some(turn) = self.turns.get(&frag.frag.base) else {
                    return found;
                };
                let (sequence, block) = (frag.frag.sequence, frag.frag.blockNumber);
                found.extend(around(&turn.frags, sequence));
                let same_previous = turn.by_previous.get(&frag.frag.previousFrag);
                found.extend(same_previous.and_then(|sequence| turn.frags.get(sequence)));
                found.extend(around(&turn.seals, block));
            }
            Envelope::Seal(seal) => {
                let Some(turn) = self.turns.get(&seal.seal.base) else {
                    return found;
                };
                found.extend(around(&turn.seals, seal.seal.blockNumber));
                found.extend(around(&turn.frags, seal.seal.lastSequence));
            }
        }
        found
    }

    fn keep(&mut self, envelope: &Envelope, new: SignedMessage, max_messages: usize) {
        let place = match envelope {
            Envelope::Base(base) => {
                let bases = self.windows.entry(base.base.window).or_default();
                let hash = envelope.struct_hash();
                let known = bases.iter().any(|kept| match &kept.message {
                    Signed::Base(kept) => {
                        alloy_sol_types::SolStruct::eip712_hash_struct(kept) == hash
                    }
                    _ => false,
                });
                if known || bases.len() >= BASES_PER_WINDOW {
                    return;
                }
                bases.push(new);
                Place::Window(base.base.window)
            }
            Envelope::Frag(frag) => {
                let turn = self.turns.entry(frag.frag.base).or_default();
                if turn.frags.insert(frag.frag.sequence, new).is_some() {
                    return;
                }
                turn.by_previous
                    .insert(frag.frag.previousFrag, frag.frag.sequence);
                Place::Frag(frag.frag.base, frag.frag.sequence, frag.frag.previousFrag)
            }
            Envelope::Seal(seal) => {
                let turn = self.turns.entry(seal.seal.base).or_default();
                if turn.seals.insert(seal.seal.blockNumber, new).is_some() {
                    return;
                }
                Place::Seal(seal.seal.base, seal.seal.blockNumber)
            }
        };
        self.order.push_back(place);
        if self.order.len() > max_messages
            && let Some(oldest) = self.order.pop_front()
        {
            self.drop_at(oldest);
        }
    }

    fn drop_at(&mut self, place: Place) {
        match place {
            Place::Window(window) => {
                if let Some(bases) = self.windows.get_mut(&window) {
                    if !bases.is_empty() {
                        bases.remove(0);
                    }
                    if bases.is_empty() {
                        self.windows.remove(&window);
                    }
                }
            }
            Place::Frag(base, sequence, previous) => {
                if let Some(turn) = self.turns.get_mut(&base) {
                    turn.frags.remove(&sequence);
                    turn.by_previous.remove(&previous);
                }
                self.drop_turn_if_empty(base);
            }
            Place::Seal(base, block) => {
                if let Some(turn) = self.turns.get_mut(&base) {
                    turn.seals.remove(&block);
                }
                self.drop_turn_if_empty(base);
            }
        }
    }

    fn drop_turn_if_empty(&mut self, base: B256) {
        let empty = |turn: &TurnBook| turn.frags.is_empty() && turn.seals.is_empty();
        if self.turns.get(&base).is_some_and(empty) {
            self.turns.remove(&base);
        }
    }

    /// Whether this is the first fork under `key`.
    fn report(&mut self, key: Key) -> bool {
        if !self.reported.insert(key) {
            return false;
        }
        self.reported_order.push_back(key);
        if self.reported_order.len() > MAX_REPORTED
            && let Some(oldest) = self.reported_order.pop_front()
        {
            self.reported.remove(&oldest);
        }
        true
    }
}

/// The message at a key, the one before and the one after.
fn around<K: Ord + Copy>(
    map: &BTreeMap<K, SignedMessage>,
    key: K,
) -> impl Iterator<Item = &SignedMessage> {
    use std::ops::Bound::{Excluded, Unbounded};
    let before = map.range(..key).next_back();
    let at = map.get_key_value(&key);
    let after = map.range((Excluded(key), Unbounded)).next();
    [at, before, after].into_iter().flatten().map(|(_, v)| v)
}

#[cfg(test)]
mod tests;
