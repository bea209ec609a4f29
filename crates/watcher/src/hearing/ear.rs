use std::collections::{BTreeMap, VecDeque};

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_evidence::{
    Accusation, Promise,
    docket::{Book, Refusal, Roll},
};
use forebond_protocol::Signed;
use forebond_types::Base;

use super::Row;

/// Messages kept whose base is not known yet; the oldest go first.
const MOST_WAITING: usize = 4_096;

/// Why something was not heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHeard {
    /// Nobody has shown the base yet.
    #[error("the base {0} is not known; bring its preimage and signature, too")]
    UnknownBase(B256),
    /// The book refuses.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Parts that do not belong together.
    #[error("{0}")]
    Damaged(String),
}

/// What hearing something came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Faults that it proves.
    pub found: Vec<Accusation>,
    /// What was new, for the disk.
    pub new: Vec<Row>,
}

/// The book, and the preimages of bases that messages need to get into it. Synchronous: whoever owns it brings the time.
#[derive(Debug)]
pub struct Ear {
    book: Book,
    bases: BTreeMap<B256, Base>,
    waiting: VecDeque<(Signed, Bytes)>,
}

impl Ear {
    /// With an empty book.
    pub const fn new(book: Book) -> Self {
        Self {
            book,
            bases: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// What is known.
    pub const fn book(&self) -> &Book {
        &self.book
    }

    /// Who signs for whom.
    pub const fn roll_mut(&mut self) -> &mut Roll {
        self.book.roll_mut()
    }

    /// The preimage of a base.
    pub fn base(&self, hash: &B256) -> Option<&Base> {
        self.bases.get(hash)
    }

    /// Hears a signed message; one under an unknown base waits for the base.
    ///
    /// # Errors
    /// [`NotHeard::Refused`].
    pub fn hear(
        &mut self,
        slot: u64,
        message: Signed,
        signature: Bytes,
    ) -> Result<Outcome, NotHeard> {
        match self.hear_now(slot, message.clone(), signature.clone()) {
            Err(NotHeard::UnknownBase(_)) => {
                if self.waiting.len() >= MOST_WAITING {
                    self.waiting.pop_front();
                }
                self.waiting.push_back((message, signature));
                Ok(Outcome::default())
            }
            other => other,
        }
    }

    /// As [`Self::hear`], and nothing waits.
    ///
    /// # Errors
    /// [`NotHeard`].
    pub fn hear_now(
        &mut self,
        slot: u64,
        message: Signed,
        signature: Bytes,
    ) -> Result<Outcome, NotHeard> {
        let (hash, own) = match &message {
            Signed::Base(base) => (base.eip712_hash_struct(), Some(base.clone())),
            Signed::Frag(frag) => (frag.base, None),
            Signed::Seal(seal) => (seal.base, None),
        };
        let base = match &own {
            Some(base) => base.clone(),
            None => self
                .bases
                .get(&hash)
                .cloned()
                .ok_or(NotHeard::UnknownBase(hash))?,
        };
        let before = self.book.bytes();
        let found = self
            .book
            .hear(slot, &base, message.clone(), signature.clone())?;
        // Only what the book keeps, which counts them by who signed: a gateway that signs any number of bases of a window leaves
        // everybody else's to be heard.
        let is_new_base = own.is_some()
            && !self.bases.contains_key(&hash)
            && self.book.has_base(base.window, hash);
        let mut outcome = Outcome::default();
        // What contradicts is not kept in the book: the case that it makes holds it.
        if is_new_base || self.book.bytes() != before {
            outcome.new.push(Row::Message {
                base: base.clone(),
                message,
                signature,
            });
        }
        outcome.found.extend(found);
        if is_new_base {
            self.bases.insert(hash, base);
            self.let_in(slot, hash, &mut outcome);
        }
        Ok(outcome)
    }

    /// Hears promises of one frag.
    ///
    /// # Errors
    /// [`NotHeard`].
    pub fn hear_promises(
        &mut self,
        slot: u64,
        promises: Vec<(Promise, Bytes)>,
    ) -> Result<Outcome, NotHeard> {
        let Some((first, _)) = promises.first() else {
            return Ok(Outcome::default());
        };
        let hash = first.frag.message.base;
        let base = self
            .bases
            .get(&hash)
            .cloned()
            .ok_or(NotHeard::UnknownBase(hash))?;
        let before = self.book.bytes();
        let found = self.book.hear_promises(slot, &base, promises.clone())?;
        let mut outcome = Outcome::default();
        if self.book.bytes() != before {
            outcome.new.push(Row::Promises { base, promises });
        }
        outcome.found.extend(found);
        Ok(outcome)
    }

    /// Hears what lies on disk.
    ///
    /// # Errors
    /// [`NotHeard`].
    pub fn recall(&mut self, slot: u64, row: Row) -> Result<Outcome, NotHeard> {
        // Rows of one window lie in the order of their signers: a base may come after what stands under it.
        let (Row::Message { base, .. } | Row::Promises { base, .. }) = &row;
        self.bases
            .entry(base.eip712_hash_struct())
            .or_insert_with(|| base.clone());
        match row {
            Row::Message {
                message, signature, ..
            } => self.hear_now(slot, message, signature),
            Row::Promises { promises, .. } => self.hear_promises(slot, promises),
        }
    }

    /// Forgets what no judge hears any more.
    pub fn forget_before_horizon(&mut self, slot: u64, horizon_slots: u64) {
        self.book.forget_before_horizon(slot);
        let oldest = slot.saturating_sub(horizon_slots);
        self.bases.retain(|_, base| base.window >= oldest);
    }

    /// Messages that waited for this base.
    fn let_in(&mut self, slot: u64, base: B256, outcome: &mut Outcome) {
        let under = |message: &Signed| match message {
            Signed::Base(_) => false,
            Signed::Frag(frag) => frag.base == base,
            Signed::Seal(seal) => seal.base == base,
        };
        let (ready, rest): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|(message, _)| under(message));
        self.waiting = rest;
        for (message, signature) in ready {
            // What the book refuses now, it would have refused at once.
            if let Ok(more) = self.hear_now(slot, message, signature) {
                outcome.found.extend(more.found);
                outcome.new.extend(more.new);
            }
        }
    }
}
