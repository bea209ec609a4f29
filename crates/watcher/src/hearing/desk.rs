use std::{collections::BTreeSet, sync::Arc};

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_evidence::{Accusation, Attested, Culprit, Promise, docket::Docket};
use forebond_protocol::{Signed, SlotClock};
use forebond_settlement::PostedBatch;
use forebond_types::{Base, Domain};
use parking_lot::Mutex;

use super::{Ear, Journal, JournalError, KnownSet, NotHeard, Row, ear::Outcome};
use crate::{
    figures::Figures,
    now_ms,
    prosecution::WantedAnew,
    store::{Added, CaseStore, StoreError},
};

/// Blocks with new promises that were not compared with posted batches yet, at most; beyond, the oldest wait for their batch's next look.
const MOST_STIRRED: usize = 16_384;

/// Where everything that is heard, submitted or read from L1 comes together: the book in memory, the journal and the cases on disk.
/// Its methods hold a lock for as long as they take; none waits for the network.
#[derive(Debug)]
pub struct Desk {
    parts: Mutex<Parts>,
    cases: Arc<CaseStore>,
    anew: WantedAnew,
    figures: Figures,
    separator: B256,
    clock: SlotClock,
    horizon_slots: u64,
}

#[derive(Debug)]
struct Parts {
    ear: Ear,
    journal: Journal,
    /// Blocks that new promises are about.
    stirred: BTreeSet<u64>,
}

/// What a desk is made of.
#[derive(Debug)]
pub struct DeskParts {
    /// The book.
    pub ear: Ear,
    /// What was heard, on disk.
    pub journal: Journal,
    /// Cases on disk.
    pub cases: Arc<CaseStore>,
    /// Cases whose evidence the prosecution wants built anew.
    pub anew: WantedAnew,
    /// Figures.
    pub figures: Figures,
    /// Whose messages are heard.
    pub domain: Domain,
    /// L1's slots.
    pub clock: SlotClock,
    /// Slots behind a window for which evidence about it is heard.
    pub horizon_slots: u64,
}

/// What hearing something came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Something in it was not known.
    pub is_new: bool,
    /// Faults that it proves, opened now or before.
    pub cases: Vec<B256>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It is not heard.
    #[error(transparent)]
    NotHeard(#[from] NotHeard),
    /// The disk does not keep what is heard.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The disk does not keep cases.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Desk {
    /// A desk with these parts.
    pub fn new(parts: DeskParts) -> Self {
        Self {
            separator: parts.domain.separator(),
            parts: Mutex::new(Parts {
                ear: parts.ear,
                journal: parts.journal,
                stirred: BTreeSet::new(),
            }),
            cases: parts.cases,
            anew: parts.anew,
            figures: parts.figures,
            clock: parts.clock,
            horizon_slots: parts.horizon_slots,
        }
    }

    /// Cases.
    pub const fn cases(&self) -> &Arc<CaseStore> {
        &self.cases
    }

    /// Cases whose evidence is wanted anew.
    pub const fn anew(&self) -> &WantedAnew {
        &self.anew
    }

    /// Figures.
    pub const fn figures(&self) -> &Figures {
        &self.figures
    }

    /// L1's slots.
    pub const fn clock(&self) -> SlotClock {
        self.clock
    }

    /// Notes who signs for whom.
    pub fn note_sets(&self, sets: Vec<KnownSet>) {
        let mut parts = self.parts.lock();
        for known in sets {
            let roll = parts.ear.roll_mut();
            roll.note(known.gateway, known.from_epoch, known.set);
        }
    }

    /// Hears again what lies on disk. How many rows, and how many of them could not be read or are not heard any more.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn recall(&self, slot: u64) -> Result<(u64, u64), DeskError> {
        let mut guard = self.parts.lock();
        let Parts { ear, journal, .. } = &mut *guard;
        let (mut rows, mut left_out) = (0u64, 0u64);
        let mut found = Vec::new();
        let unreadable = journal.replay(|row| {
            rows = rows.saturating_add(1);
            match ear.recall(slot, row) {
                Ok(outcome) => found.extend(outcome.found),
                Err(_) => left_out = left_out.saturating_add(1),
            }
        })?;
        drop(guard);
        self.open_all(found)?;
        Ok((rows, left_out.saturating_add(unreadable)))
    }

    /// Hears a signed message; one under an unknown base waits for the base.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn hear(&self, slot: u64, message: Signed, signature: Bytes) -> Result<Taken, DeskError> {
        let mut parts = self.parts.lock();
        let outcome = parts.ear.hear(slot, message, signature);
        self.took(parts, outcome)
    }

    /// Hears a signed message whose base is known, or is the message.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn hear_now(
        &self,
        slot: u64,
        message: Signed,
        signature: Bytes,
    ) -> Result<Taken, DeskError> {
        let mut parts = self.parts.lock();
        let outcome = parts.ear.hear_now(slot, message, signature);
        self.took(parts, outcome)
    }

    /// Hears promises of one frag.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn hear_promises(
        &self,
        slot: u64,
        promises: Vec<(Promise, Bytes)>,
    ) -> Result<Taken, DeskError> {
        let mut parts = self.parts.lock();
        let outcome = parts.ear.hear_promises(slot, promises);
        self.took(parts, outcome)
    }

    /// Makes everything heard durable.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn sync(&self) -> Result<(), DeskError> {
        Ok(self.parts.lock().journal.sync()?)
    }

    /// Open cases whose evidence is wanted anew.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub fn wanted_anew(&self) -> Result<Vec<Accusation>, DeskError> {
        if self.anew.is_empty() {
            return Ok(Vec::new());
        }
        let mut open = self.cases.all()?;
        open.retain(|one| self.anew.has(one.id));
        Ok(open)
    }

    /// Cases against whoever signed under one of these bases, open and ended.
    ///
    /// # Errors
    /// [`DeskError::Store`].
    pub fn cases_about(&self, bases: &[B256]) -> Result<Vec<B256>, DeskError> {
        let about = |culprit: &Culprit| match culprit {
            Culprit::Gateway { base, .. } => bases.contains(base),
            Culprit::Operator(_) => false,
        };
        let all = self.cases.summaries()?;
        Ok(all
            .iter()
            .filter(|one| about(&one.culprit))
            .map(|one| one.id)
            .collect())
    }

    /// Opens cases; those that are known stay as they are, unless their evidence is wanted anew. Their ids.
    ///
    /// # Errors
    /// [`DeskError::Store`] when the disk fails. Too many cases are no reason to stop.
    pub fn open_all(&self, found: Vec<Accusation>) -> Result<Vec<B256>, DeskError> {
        Ok(self.open(found)?.0)
    }

    /// As [`Self::open_all`], and whether one of them is new.
    fn open(&self, found: Vec<Accusation>) -> Result<(Vec<B256>, bool), DeskError> {
        let (mut ids, mut opened) = (Vec::new(), false);
        for accusation in found {
            let id = accusation.id;
            match self.cases.add(&accusation, now_ms()) {
                Ok(Added::Known) => {
                    if self.anew.take(id) {
                        tracing::info!(%id, "the evidence of a case is built anew");
                        self.cases.replace(&accusation)?;
                    }
                }
                Ok(added) => {
                    opened = true;
                    self.figures.opened(accusation.kind);
                    tracing::warn!(%id, kind = ?accusation.kind, culprit = ?accusation.culprit, ?added, "a fault is found: a case is opened");
                }
                Err(
                    error @ (StoreError::Full { .. }
                    | StoreError::ShareFull { .. }
                    | StoreError::TooLarge { .. }),
                ) => {
                    tracing::warn!(%id, %error, "a case is not taken");
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok((ids, opened))
    }

    /// Blocks that promises came for since the last time.
    pub fn take_stirred(&self) -> BTreeSet<u64> {
        std::mem::take(&mut self.parts.lock().stirred)
    }

    /// Whether promises came since then.
    pub fn is_stirred(&self) -> bool {
        !self.parts.lock().stirred.is_empty()
    }

    /// Looks at dockets with `read`, oldest window first.
    pub fn dockets<T>(&self, read: impl Fn(&Docket) -> Option<T>) -> Vec<T> {
        let parts = self.parts.lock();
        parts.ear.book().dockets().filter_map(read).collect()
    }

    /// The preimage of a base, if somebody has shown it.
    pub fn base(&self, hash: &B256) -> Option<Base> {
        self.parts.lock().ear.base(hash).cloned()
    }

    /// Who signs for a gateway in the epoch of a window.
    pub fn set_of(&self, gateway: u32, window: u64) -> Option<forebond_types::CommitterSet> {
        let epoch = self.clock.epoch_of(window);
        let mut parts = self.parts.lock();
        parts.ear.roll_mut().set_at(gateway, epoch).cloned()
    }

    /// Posted batches kept on disk.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn batches(&self) -> Result<Vec<PostedBatch>, DeskError> {
        Ok(self.parts.lock().journal.batches()?)
    }

    /// Keeps posted batches.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn keep_batches(&self, batches: &[PostedBatch]) -> Result<(), DeskError> {
        Ok(self.parts.lock().journal.keep_batches(batches)?)
    }

    /// Forgets what no judge hears any more.
    ///
    /// # Errors
    /// [`DeskError::Journal`].
    pub fn forget_before_horizon(&self, slot: u64) -> Result<(), DeskError> {
        let mut parts = self.parts.lock();
        parts.ear.forget_before_horizon(slot, self.horizon_slots);
        let oldest = slot.saturating_sub(self.horizon_slots);
        Ok(parts.journal.forget_before(oldest)?)
    }

    fn took(
        &self,
        mut parts: parking_lot::MutexGuard<'_, Parts>,
        outcome: Result<Outcome, NotHeard>,
    ) -> Result<Taken, DeskError> {
        let outcome = outcome.inspect_err(|_| self.figures.refused.inc())?;
        let is_new = !outcome.new.is_empty();
        for row in &outcome.new {
            let signer = self.signer_of(&mut parts.ear, row);
            parts.journal.note(signer, row)?;
            if let Row::Promises { promises, .. } = row
                && let Some((promise, _)) = promises.first()
            {
                parts.stirred.insert(promise.frag.message.blockNumber);
                if parts.stirred.len() > MOST_STIRRED {
                    parts.stirred.pop_first();
                }
            }
        }
        self.figures.heard.inc_by(outcome.new.len() as u64);
        let (book, journal) = (parts.ear.book().bytes(), parts.journal.bytes());
        drop(parts);
        self.figures.sizes(book, journal);
        let (cases, opened) = self.open(outcome.found)?;
        Ok(Taken {
            is_new: is_new || opened,
            cases,
        })
    }

    /// Whose share of the journal a row is: 0 when nobody's, which the book does not let in.
    fn signer_of(&self, ear: &mut Ear, row: &Row) -> u32 {
        let epoch = self.clock.epoch_of(row.window());
        let (hash, signature) = match row {
            Row::Message {
                message, signature, ..
            } => {
                let hash = match message {
                    Signed::Base(base) => base.eip712_hash_struct(),
                    Signed::Frag(frag) => frag.eip712_hash_struct(),
                    Signed::Seal(seal) => seal.eip712_hash_struct(),
                };
                (hash, signature.clone())
            }
            Row::Promises { promises, .. } => match promises.first() {
                Some((promise, _)) => {
                    let frag: &Attested<_> = &promise.frag;
                    (frag.struct_hash(), frag.signature.clone())
                }
                None => return 0,
            },
        };
        let digest = Domain::digest_of(self.separator, hash);
        let signer = ear.roll_mut().signer(digest, &signature, epoch);
        signer.map_or(0, |(gateway, _)| gateway)
    }
}
