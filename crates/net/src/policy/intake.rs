//! The one way in: size, decode, duplicate, one recovery, evidence, judge. In this order because each step costs more than
//! the one before it.

use std::sync::Arc;

use alloy_primitives::{Address, B256};
use forebond_types::Envelope;

use super::{Bucket, Evidence, Finding, Offence, Seen, Sight, Waiting, seen::contents_digest};
use crate::{Conflict, Judge, Judgement, Limits, Unusable};

/// Messages remembered as seen, twice that at most.
const SEEN: usize = 65_536;
/// How long they are remembered at least, milliseconds.
const SEEN_MS: u64 = 60_000;
/// Bytes a second of further copies of messages with other contents; twice that at once. All peers together.
const VARIANT_BYTES_PER_SECOND: u32 = 4 << 20;
/// Early messages that wait.
const WAITING: usize = 1_024;
/// Their bytes.
const WAITING_BYTES: usize = 8 << 20;
/// How long they wait, milliseconds. Gossip can pass a message on for about this long after it came.
const PATIENCE_MS: u64 = 2_000;

/// What became of a message.
#[derive(Debug)]
pub(crate) struct Outcome<T> {
    pub(crate) verdict: Verdict,
    /// A fork it proves, whatever its verdict.
    pub(crate) conflict: Option<Box<Conflict>>,
    /// What the way in handed over with it; nothing while the message waits.
    pub(crate) tag: Option<T>,
}

/// Whether it goes on.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "the large variant is the ordinary one"
)]
pub(crate) enum Verdict {
    /// To the reader and to peers.
    Fresh { envelope: Envelope, signer: Address },
    /// Nowhere, without blame.
    Ignored(Ignored),
    /// Nowhere, and its sender is charged.
    Rejected { offence: Offence, reason: String },
}

/// Why a message goes nowhere without blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ignored {
    /// Accepted before.
    Duplicate,
    /// Too many copies with other contents.
    TooManyVariants,
    /// Under a base whose fork is reported.
    ForkedAlready,
    /// The judge has no use for it.
    Unusable(Unusable),
    /// It waits for the judge to change its mind.
    Waits,
}

/// State of one way in.
pub(crate) struct Intake<T> {
    judge: Arc<dyn Judge>,
    separator: B256,
    max_bytes: usize,
    seen: Seen,
    evidence: Evidence,
    waiting: Waiting<T>,
    variants: Bucket,
}

impl<T> Intake<T> {
    pub(crate) fn new(judge: Arc<dyn Judge>, separator: B256, limits: &Limits) -> Self {
        Self {
            judge,
            separator,
            max_bytes: limits.max_message_bytes,
            seen: Seen::new(SEEN, SEEN_MS),
            evidence: Evidence::new(limits.evidence_signers, limits.evidence_per_signer),
            waiting: Waiting::new(WAITING, WAITING_BYTES, PATIENCE_MS),
            variants: Bucket::new(
                VARIANT_BYTES_PER_SECOND,
                2 * u64::from(VARIANT_BYTES_PER_SECOND),
                0,
            ),
        }
    }

    /// What to do with `bytes`.
    pub(crate) fn take(&mut self, bytes: &[u8], tag: T, now_ms: u64) -> Outcome<T> {
        match self.examine(bytes, now_ms) {
            Ok((envelope, signer)) => self.settle(envelope, signer, tag, bytes.len(), now_ms),
            Err(verdict) => Outcome {
                verdict: *verdict,
                conflict: None,
                tag: Some(tag),
            },
        }
    }

    /// Judges once more what waits; what still waits is not in the answer.
    pub(crate) fn again(&mut self, now_ms: u64) -> Vec<Outcome<T>> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let mut settled = Vec::new();
        for early in self.waiting.take_all() {
            let verdict = match self.judge.judge(&early.envelope, early.signer) {
                Judgement::Ignore(Unusable::Early) => match self.waiting.wait_on(early, now_ms) {
                    Ok(()) => continue,
                    Err(tag) => {
                        settled.push(Outcome {
                            verdict: Verdict::Ignored(Ignored::Unusable(Unusable::Early)),
                            conflict: None,
                            tag: Some(tag),
                        });
                        continue;
                    }
                },
                judgement => self.verdict(judgement, early.envelope, early.signer, now_ms),
            };
            settled.push(Outcome {
                verdict,
                conflict: None,
                tag: Some(early.tag),
            });
        }
        settled
    }

    /// Remembers a message of our own, so that its echo is a duplicate and its contradiction is found.
    pub(crate) fn own(&mut self, envelope: &Envelope, now_ms: u64) -> Option<Box<Conflict>> {
        self.seen
            .remember(envelope.struct_hash(), contents_digest(envelope), now_ms);
        let signer = envelope.signer(self.separator).ok()?;
        match self.evidence.look(envelope, signer) {
            Finding::Fork(conflict) => Some(conflict),
            Finding::Clean | Finding::Again => None,
        }
    }

    /// The reader found the contents beside this message to be false.
    pub(crate) fn forget(&mut self, envelope: &Envelope) {
        self.seen
            .forget(envelope.struct_hash(), contents_digest(envelope));
    }

    fn examine(&mut self, bytes: &[u8], now_ms: u64) -> Result<(Envelope, Address), Box<Verdict>> {
        if bytes.len() > self.max_bytes {
            return Err(Box::new(Verdict::Rejected {
                offence: Offence::Oversize,
                reason: format!("{} bytes, at most {} expected", bytes.len(), self.max_bytes),
            }));
        }
        let refuse = |offence, reason| Box::new(Verdict::Rejected { offence, reason });
        let undecodable = |reason: String| refuse(Offence::Undecodable, reason);
        let envelope = Envelope::decode(bytes).map_err(|e| undecodable(e.to_string()))?;
        if let Envelope::Base(base) = &envelope
            && let Some(seal) = &base.parent_seal
            && alloy_sol_types::SolStruct::eip712_hash_struct(&seal.seal) != base.base.parentSeal
        {
            let reason = "the seal beside the base is not the one it names".to_owned();
            return Err(undecodable(reason));
        }
        match self
            .seen
            .sight(envelope.struct_hash(), contents_digest(&envelope))
        {
            Sight::Duplicate => return Err(Box::new(Verdict::Ignored(Ignored::Duplicate))),
            Sight::TooManyVariants => {
                return Err(Box::new(Verdict::Ignored(Ignored::TooManyVariants)));
            }
            Sight::Variant if !self.variants.take(bytes.len() as u64, now_ms) => {
                return Err(Box::new(Verdict::Ignored(Ignored::TooManyVariants)));
            }
            Sight::New | Sight::Variant => {}
        }
        let signer = envelope
            .signer(self.separator)
            .map_err(|error| refuse(Offence::BadSignature, error.to_string()))?;
        Ok((envelope, signer))
    }

    fn settle(
        &mut self,
        envelope: Envelope,
        signer: Address,
        tag: T,
        bytes: usize,
        now_ms: u64,
    ) -> Outcome<T> {
        let judgement = self.judge.judge(&envelope, signer);
        let known = match judgement {
            Judgement::Accept => true,
            Judgement::Ignore(why) => why != Unusable::UnknownSigner,
            // A refused message proves nothing about whom its signer is: evidence is for signers the judge knows.
            Judgement::Reject(_) => false,
        };
        let finding = if known {
            self.evidence.look(&envelope, signer)
        } else {
            Finding::Clean
        };
        let conflict = match finding {
            Finding::Clean => None,
            Finding::Fork(conflict) => Some(conflict),
            Finding::Again => {
                return Outcome {
                    verdict: Verdict::Ignored(Ignored::ForkedAlready),
                    conflict: None,
                    tag: Some(tag),
                };
            }
        };
        if judgement == Judgement::Ignore(Unusable::Early) {
            let (verdict, tag) = match self.waiting.keep(envelope, signer, tag, bytes, now_ms) {
                Ok(()) => (Ignored::Waits, None),
                Err(tag) => (Ignored::Unusable(Unusable::Early), Some(tag)),
            };
            return Outcome {
                verdict: Verdict::Ignored(verdict),
                conflict,
                tag,
            };
        }
        Outcome {
            verdict: self.verdict(judgement, envelope, signer, now_ms),
            conflict,
            tag: Some(tag),
        }
    }

    fn verdict(
        &mut self,
        judgement: Judgement,
        envelope: Envelope,
        signer: Address,
        now_ms: u64,
    ) -> Verdict {
        match judgement {
            Judgement::Accept => {
                let (hash, contents) = (envelope.struct_hash(), contents_digest(&envelope));
                // Two copies may have waited side by side.
                match self.seen.sight(hash, contents) {
                    Sight::Duplicate => return Verdict::Ignored(Ignored::Duplicate),
                    Sight::TooManyVariants => return Verdict::Ignored(Ignored::TooManyVariants),
                    Sight::New | Sight::Variant => {}
                }
                self.seen.remember(hash, contents, now_ms);
                Verdict::Fresh { envelope, signer }
            }
            Judgement::Ignore(why) => Verdict::Ignored(Ignored::Unusable(why)),
            Judgement::Reject(reason) => Verdict::Rejected {
                offence: Offence::Refused,
                reason: reason.to_owned(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
