use super::{Authority, Follower, FollowerError, MAX_UNKNOWN, Want, authority};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_ledger::{FollowError, LedgerError, envelopes::start_of, promise::SignedBase};
use forebond_net::Source;
use forebond_rollup::op::derive::{DerivedHead, Origins, next_plan};
use forebond_settlement::WindowBook;
use forebond_types::{BaseEnvelope, Envelope, FragEnvelope, Grade, SealEnvelope, SignedSeal};
use std::sync::Arc;

/// Steps of one call at most.
const MAX_STEPS: usize = 65_536;

/// A message as it came in.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The message.
    pub envelope: Envelope,
    /// Who signed it, recovered.
    pub signer: Address,
    /// Who brought it.
    pub from: Source,
}

impl Follower {
    /// Takes in a message.
    pub fn heard(&mut self, heard: Heard, book: &WindowBook) -> Result<(), FollowerError> {
        self.sort(heard, book);
        self.advance()?;
        self.tell();
        Ok(())
    }

    /// L1 told more about windows: messages that were strangers may be known now.
    pub fn windows_moved(&mut self, book: &WindowBook) -> Result<(), FollowerError> {
        for heard in std::mem::take(&mut self.unknown) {
            self.sort(heard, book);
        }
        self.advance()?;
        self.tell();
        Ok(())
    }

    /// Puts a message where it waits for its turn, or away.
    fn sort(&mut self, heard: Heard, book: &WindowBook) {
        let newest = self.reader.board.view().latest.number();
        let Heard {
            envelope,
            signer,
            from,
        } = heard;
        let base = envelope.base_hash();
        let known = self.signers.get(&base).copied();
        match (envelope, known) {
            (Envelope::Base(_), Some(_)) => {}
            (Envelope::Base(message), None) => match authority(book, &message.base, signer) {
                Authority::Owner(_) => {
                    self.knows(base, signer);
                    self.waiting.base(message);
                }
                Authority::Unknown => self.not_yet(Heard {
                    envelope: Envelope::Base(message),
                    signer,
                    from,
                }),
                Authority::Stranger => {}
            },
            (Envelope::Frag(frag), _) if frag.frag.blockNumber <= newest => {}
            (Envelope::Seal(seal), _) if seal.seal.blockNumber <= newest => {}
            (Envelope::Frag(frag), Some(known)) if known == signer => {
                if self.untrue.may_try(&frag) {
                    self.waiting.frag(frag, Some(from));
                }
            }
            (Envelope::Seal(seal), Some(known)) if known == signer => self.waiting.seal(seal),
            (_, Some(_)) => {}
            (envelope, None) => self.not_yet(Heard {
                envelope,
                signer,
                from,
            }),
        }
    }

    fn not_yet(&mut self, heard: Heard) {
        if self.unknown.len() >= MAX_UNKNOWN {
            self.unknown.pop_front();
        }
        self.unknown.push_back(heard);
    }

    /// Takes every step that what was heard allows.
    pub(super) fn advance(&mut self) -> Result<(), FollowerError> {
        for _ in 0..MAX_STEPS {
            if self.ledger.is_none() || !(self.next_message()? || self.next_base()?) {
                break;
            }
            // A base that was unknown a moment ago lets its frags in.
            if !self.unknown.is_empty() {
                let is_known = |heard: &Heard| {
                    self.signers.get(&heard.envelope.base_hash()) == Some(&heard.signer)
                };
                let known: Vec<_> = self
                    .unknown
                    .iter()
                    .filter(|heard| is_known(heard))
                    .cloned()
                    .collect();
                if !known.is_empty() {
                    self.unknown.retain(|heard| !is_known(heard));
                    for Heard { envelope, from, .. } in known {
                        match envelope {
                            Envelope::Frag(frag) => self.waiting.frag(frag, Some(from)),
                            Envelope::Seal(seal) => self.waiting.seal(seal),
                            Envelope::Base(_) => {}
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The next seal or frag of the turn that is followed.
    fn next_message(&mut self) -> Result<bool, FollowerError> {
        let Some(ledger) = &self.ledger else {
            return Ok(false);
        };
        let Some(turn) = ledger.turn().filter(|turn| !turn.ended()) else {
            return Ok(false);
        };
        let base = turn.base_hash();
        let (next_seal, next_sequence) = (turn.next_seal(), turn.next_sequence());
        let ripe = self.waiting.seal_of(base, next_seal).is_some_and(|seal| {
            turn.block_end(next_seal)
                .is_some_and(|(last, _)| last == seal.seal.lastSequence)
        });
        if ripe && let Some(seal) = self.waiting.take_seal(base, next_seal) {
            return self.step_seal(&seal).map(|()| true);
        }
        match self.waiting.take_frag(base, next_sequence) {
            Some((frag, from)) => self.step_frag(frag, from).map(|()| true),
            None => Ok(false),
        }
    }

    fn step_seal(&mut self, seal: &SealEnvelope) -> Result<(), FollowerError> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        match ledger.follow_seal(&seal.seal, seal.signature) {
            Ok(()) => {
                let block = seal.seal.blockNumber;
                self.waiting.forget(None, block);
                Ok(())
            }
            Err(error) => self.refused("a seal", &error),
        }
    }

    fn step_frag(&mut self, frag: FragEnvelope, from: Option<Source>) -> Result<(), FollowerError> {
        if let Some(reason) = self.against_l1(&frag) {
            tracing::warn!(
                block = frag.frag.blockNumber,
                sequence = frag.frag.sequence,
                reason,
                "a frag contradicts L1"
            );
            // What is signed agrees with L1, so what came beside it does not.
            let origin = self.origins.origin(frag.frag.l1OriginNumber);
            if origin.is_some_and(|origin| origin.hash == frag.frag.l1OriginHash) {
                self.is_untrue(frag, from);
            }
            return Ok(());
        }
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        match ledger.follow_frag(&frag) {
            Ok(published) => {
                self.frags = self.frags.saturating_add(1);
                let users = published
                    .transactions
                    .iter()
                    .filter(|promised| !promised.tx.is_deposit())
                    .count();
                self.promised = self.promised.saturating_add(users as u64);
                Ok(())
            }
            Err(error) => {
                self.refused("a frag", &error)?;
                if matches!(error, FollowError::Untrue { .. }) {
                    self.is_untrue(frag, from);
                }
                Ok(())
            }
        }
    }

    /// Another copy of the frag may be true: it is asked for, and who brought this one is told of.
    fn is_untrue(&mut self, frag: FragEnvelope, from: Option<Source>) {
        let from_block = frag.frag.blockNumber;
        if self.untrue.found(frag, from) {
            self.want(Want::Range { from_block });
        }
    }

    /// What a block's first frag must be by what L1 says of its origin (R20, R23); nothing when L1 has not told yet.
    fn against_l1(&self, frag: &FragEnvelope) -> Option<String> {
        if frag.frag.firstTransaction != 0 {
            return None;
        }
        let number = frag.frag.l1OriginNumber;
        let known = self.origins.origin(number)?;
        let start = match start_of(frag) {
            Ok(Some(start)) => start,
            Ok(None) => return Some("the first frag of a block without its start".into()),
            Err(reason) => return Some(reason),
        };
        if start.origin != known {
            return Some(format!(
                "L1 block {number} is {known:?}, not {:?}",
                start.origin
            ));
        }
        let tip = self.ledger.as_ref()?.tip();
        let parent = DerivedHead {
            number: frag.frag.blockNumber.saturating_sub(1),
            hash: B256::ZERO,
            timestamp_s: 0,
            origin: (tip.start.origin.number, tip.start.origin.hash),
            origin_sequence: tip.start.origin_sequence,
            batch: B256::ZERO,
        };
        let deposits = self.origins.deposits(number)?;
        let plan = next_plan(&self.rules.chain, &parent, &known, &deposits, Vec::new());
        let same = plan.origin_sequence == start.origin_sequence
            && plan.transactions.len() == frag.transactions.len()
            && plan
                .transactions
                .iter()
                .zip(&frag.transactions)
                .all(|(expected, got)| *expected == got.raw);
        (!same).then(|| "its deposits are not those of its L1 origin".into())
    }

    /// A message that the ledger does not take: fatal if the ledger is, else it is left out.
    fn refused(&self, what: &str, error: &FollowError) -> Result<(), FollowerError> {
        if let FollowError::Ledger(
            error @ (LedgerError::Store(_) | LedgerError::State(_) | LedgerError::Body(_)),
        ) = error
        {
            return Err(FollowerError::L1(error.to_string()));
        }
        tracing::warn!(%error, "{what} is not taken");
        Ok(())
    }

    /// The base of a later window, if it can be followed now.
    fn next_base(&mut self) -> Result<bool, FollowerError> {
        let current = self
            .ledger
            .as_ref()
            .and_then(|ledger| ledger.base())
            .map(|base| base.base.window);
        for envelope in self.waiting.bases_after(current) {
            if self.try_base(&envelope)? {
                self.waiting.forget(Some(envelope.base.window), 0);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn try_base(&mut self, envelope: &BaseEnvelope) -> Result<bool, FollowerError> {
        let base = self.signed(envelope);
        let Some(ledger) = &mut self.ledger else {
            return Ok(false);
        };
        let safe = self.derivation.head.number;
        match ledger.follow_base(base.clone()) {
            Ok(()) => {
                let signer = self.signers.get(&base.hash).copied().unwrap_or_default();
                tracing::info!(
                    window = base.base.window,
                    parent = base.base.parentBlock,
                    grade = ?base.grade,
                    "another turn begins"
                );
                self.remember(base, signer);
                Ok(true)
            }
            // It is heard again when our window is over, or L1 holds our blocks.
            Err(FollowError::Behind { to, .. }) if self.would_lose_own(to) => Ok(false),
            Err(FollowError::OtherParent { number, .. })
                if self.would_lose_own(number.saturating_sub(1)) =>
            {
                Ok(false)
            }
            Err(FollowError::Behind { to, .. }) if to >= safe => {
                self.shorten(to, envelope)?;
                Ok(false)
            }
            Err(FollowError::OtherParent { number, .. }) if number > safe => {
                // Its chain parts from ours at this block or before: go back and hear it again from there.
                let to = safe.max(number.saturating_sub(1));
                self.take_back(to)?;
                self.want(Want::Range {
                    from_block: to.saturating_add(1),
                });
                Ok(false)
            }
            Err(FollowError::Ahead { have, .. }) => {
                self.want(Want::Range {
                    from_block: have.max(1),
                });
                Ok(false)
            }
            Err(error) => {
                self.refused("a base", &error)?;
                self.waiting.drop_base(envelope.base.window);
                Ok(false)
            }
        }
    }

    /// Goes back to where a base builds on, inside a block if need be.
    fn shorten(&mut self, to: u64, envelope: &BaseEnvelope) -> Result<(), FollowerError> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        let keep = envelope.base.parentFrag;
        let inside = ledger.open_frags().iter().any(|frag| frag.hash == keep);
        if !inside {
            self.take_back(to)?;
            if let Some(ledger) = &mut self.ledger {
                ledger.follow_on();
            }
            return Ok(());
        }
        match ledger.rewind_to_frag(keep) {
            Ok(gone) => {
                tracing::info!(frags = gone.len(), "frags are taken back");
                self.promises.displaced(gone);
                Ok(())
            }
            Err(error) => self.refused("going back to a frag", &error),
        }
    }

    /// The base with its grade, as far as this process knows.
    fn signed(&self, envelope: &BaseEnvelope) -> Arc<SignedBase> {
        let parent_seal = envelope
            .parent_seal
            .as_ref()
            .filter(|parent| {
                parent.seal.endOfWindow
                    && parent.seal.eip712_hash_struct() == envelope.base.parentSeal
            })
            .map(|parent| SignedSeal {
                seal: (&parent.seal).into(),
                signature: parent.signature,
            });
        let posted = envelope.base.parentBlock <= self.derivation.head.number;
        Arc::new(SignedBase {
            domain: self.facts.domain,
            hash: envelope.base.eip712_hash_struct(),
            base: envelope.base.clone(),
            signature: envelope.signature,
            grade: match &parent_seal {
                Some(_) => Grade::Sealed,
                None if posted => Grade::Posted,
                None => Grade::Open,
            },
            parent_seal,
        })
    }
}
