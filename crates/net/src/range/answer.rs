//! Whether an answer is one, and how much of it can be used: the run of messages from the first block asked for that has
//! no hole. What follows a hole is dropped, so that a reader never waits behind one without knowing.

use std::collections::HashMap;

use alloy_primitives::{Address, B256, Bytes};
use forebond_types::{Envelope, Frag, Seal};

use super::RangeRequest;
use crate::{Judge, Judgement, Offence, Received, Unusable, message::block_of};

/// Why nothing of an answer can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing there, or not from the first block on: honest, but of no use.
    Useless(String),
    /// Breaks the rules; whoever sent it is charged.
    Broken(Offence, String),
}

fn useless(reason: impl Into<String>) -> Fault {
    Fault::Useless(reason.into())
}

fn broken(reason: impl Into<String>) -> Fault {
    Fault::Broken(Offence::BadAnswer, reason.into())
}

/// What can be used of an answer.
#[derive(Debug)]
pub(crate) struct Usable {
    pub(crate) messages: Vec<Received>,
    /// Nothing had to be left out.
    pub(crate) whole: bool,
}

/// The usable messages of an answer; each costs one signature recovery, which stops at the first hole.
pub(crate) fn check(
    request: &RangeRequest,
    messages: &[Bytes],
    separator: B256,
    judge: &dyn Judge,
) -> Result<Usable, Fault> {
    if messages.is_empty() {
        return Err(useless("it does not have it"));
    }
    match request {
        RangeRequest::Envelopes {
            from_block,
            max_blocks,
        } => run(*from_block, *max_blocks, messages, separator, judge),
        RangeRequest::Base { window } => single(
            messages,
            separator,
            judge,
            |envelope| matches!(envelope, Envelope::Base(base) if base.base.window == *window),
        ),
        RangeRequest::EndSeal { .. } => single(
            messages,
            separator,
            judge,
            |envelope| matches!(envelope, Envelope::Seal(seal) if seal.seal.endOfWindow),
        ),
    }
}

fn single(
    messages: &[Bytes],
    separator: B256,
    judge: &dyn Judge,
    fits: impl Fn(&Envelope) -> bool,
) -> Result<Usable, Fault> {
    let [bytes] = messages else {
        return Err(broken(format!(
            "one message expected, got {}",
            messages.len()
        )));
    };
    let envelope = decode(bytes)?;
    if !fits(&envelope) {
        return Err(broken("another message than was asked for"));
    }
    let signer = recover(&envelope, separator)?;
    known(judge, &envelope, signer)?;
    Ok(Usable {
        messages: vec![Received { envelope, signer }],
        whole: true,
    })
}

fn run(
    from_block: u64,
    max_blocks: u16,
    messages: &[Bytes],
    separator: B256,
    judge: &dyn Judge,
) -> Result<Usable, Fault> {
    let end = from_block.saturating_add(u64::from(max_blocks));
    let mut chain = Chain::default();
    let mut signers: HashMap<B256, Address> = HashMap::new();
    let mut usable = Vec::new();
    let mut opening = None;
    for (place, bytes) in messages.iter().enumerate() {
        let envelope = decode(bytes)?;
        let block = block_of(&envelope);
        // The turn that the first block lies in may have begun before it: its base says whose turn it is.
        if place == 0 && block < from_block && matches!(envelope, Envelope::Base(_)) {
            let signer = recover(&envelope, separator)?;
            known(judge, &envelope, signer)?;
            signers.insert(envelope.base_hash(), signer);
            opening = Some(Received { envelope, signer });
            continue;
        }
        if !(from_block..end).contains(&block) {
            return Err(broken(format!(
                "block {block} was not asked for: {from_block} to {} expected",
                end - 1
            )));
        }
        if usable.is_empty() && block != from_block {
            return Err(useless(format!(
                "it begins at block {block}, block {from_block} expected"
            )));
        }
        if !chain.follows(&envelope) {
            break;
        }
        let signer = recover(&envelope, separator)?;
        match signers.get(&envelope.base_hash()) {
            Some(first) if *first != signer => {
                return Err(broken("two signers under one base"));
            }
            Some(_) => {}
            None => {
                // Who signs under a base is judged once: by the base itself, or by the first frag of a turn under way.
                match known(judge, &envelope, signer) {
                    Ok(()) => {}
                    Err(fault) if usable.is_empty() => return Err(fault),
                    Err(_) => break,
                }
                signers.insert(envelope.base_hash(), signer);
            }
        }
        chain.add(&envelope);
        usable.push(Received { envelope, signer });
    }
    if usable.is_empty() {
        return Err(useless("no message of it can come first"));
    }
    if let Some(opening) = opening {
        usable.insert(0, opening);
    }
    Ok(Usable {
        whole: usable.len() == messages.len(),
        messages: usable,
    })
}

fn decode(bytes: &[u8]) -> Result<Envelope, Fault> {
    Envelope::decode(bytes).map_err(|error| broken(error.to_string()))
}

fn recover(envelope: &Envelope, separator: B256) -> Result<Address, Fault> {
    envelope
        .signer(separator)
        .map_err(|error| Fault::Broken(Offence::BadSignature, error.to_string()))
}

/// Old messages are what was asked for, so only a signer the judge has never heard of, or a message it refuses, is no use.
fn known(judge: &dyn Judge, envelope: &Envelope, signer: Address) -> Result<(), Fault> {
    match judge.judge(envelope, signer) {
        Judgement::Reject(reason) => Err(Fault::Broken(Offence::Refused, reason.to_owned())),
        Judgement::Ignore(Unusable::UnknownSigner) => {
            Err(useless(format!("signed by {signer}, nobody knows whom")))
        }
        Judgement::Accept | Judgement::Ignore(_) => Ok(()),
    }
}

/// Index of the first transaction behind a frag.
const fn after(frag: &Frag) -> u32 {
    frag.firstTransaction.saturating_add(frag.transactionCount)
}

/// Where a run of messages stands.
#[derive(Debug, Default)]
struct Chain {
    last: Option<Last>,
    begun: bool,
}

#[derive(Debug)]
struct Last {
    base: B256,
    /// Struct hash that the next frag names as its predecessor.
    hash: B256,
    /// Sequence of the next frag.
    next_sequence: u32,
    /// Index in the block of the next frag's first transaction.
    next_transaction: u32,
    block: u64,
    sealed: bool,
    ended: bool,
    /// Earlier blocks whose seal has not come: sealing never delays the next block's first frag, so it may come after it.
    unsealed: Vec<End>,
}

/// Where a block ends: its number, its last sequence, its last frag.
type End = (u64, u32, B256);

impl Chain {
    /// Whether the message comes next, with nothing missing in between.
    fn follows(&self, envelope: &Envelope) -> bool {
        let Some(last) = &self.last else {
            return match envelope {
                Envelope::Base(_) => !self.begun,
                Envelope::Frag(frag) => !self.begun && frag.frag.firstTransaction == 0,
                Envelope::Seal(_) => false,
            };
        };
        match envelope {
            Envelope::Base(base) => base.base.parentBlock == last.block,
            Envelope::Frag(frag) => last.continued_by(&frag.frag),
            Envelope::Seal(seal) => last.sealed_by(&seal.seal),
        }
    }

    fn add(&mut self, envelope: &Envelope) {
        self.begun = true;
        let hash = envelope.struct_hash();
        match (envelope, &mut self.last) {
            (Envelope::Base(base), last) => {
                *last = Some(Last {
                    base: hash,
                    hash,
                    next_sequence: 0,
                    next_transaction: 0,
                    block: base.base.parentBlock,
                    sealed: true,
                    ended: false,
                    unsealed: Vec::new(),
                });
            }
            (Envelope::Frag(frag), Some(last)) => last.go_on(&frag.frag, hash),
            (Envelope::Frag(frag), last @ None) => {
                *last = Some(Last {
                    base: frag.frag.base,
                    hash,
                    next_sequence: frag.frag.sequence.saturating_add(1),
                    next_transaction: after(&frag.frag),
                    block: frag.frag.blockNumber,
                    sealed: false,
                    ended: false,
                    unsealed: Vec::new(),
                });
            }
            (Envelope::Seal(seal), Some(last)) => last.seal(&seal.seal),
            (Envelope::Seal(_), None) => {}
        }
    }
}

impl Last {
    /// Where the block under way ends if nothing more comes.
    fn end(&self) -> Option<End> {
        let sequence = self.next_sequence.checked_sub(1)?;
        (!self.sealed).then_some((self.block, sequence, self.hash))
    }

    fn continued_by(&self, frag: &Frag) -> bool {
        let next_block =
            frag.blockNumber == self.block.saturating_add(1) && frag.firstTransaction == 0;
        let same_block = frag.blockNumber == self.block
            && !self.sealed
            && frag.firstTransaction == self.next_transaction;
        !self.ended
            && frag.base == self.base
            && frag.sequence == self.next_sequence
            && frag.previousFrag == self.hash
            && (next_block || same_block)
    }

    fn go_on(&mut self, frag: &Frag, hash: B256) {
        if frag.blockNumber != self.block {
            let end = self.end();
            self.unsealed.extend(end);
        }
        self.hash = hash;
        self.next_sequence = frag.sequence.saturating_add(1);
        self.next_transaction = after(frag);
        self.block = frag.blockNumber;
        self.sealed = false;
    }

    fn sealed_by(&self, seal: &Seal) -> bool {
        let end = (seal.blockNumber, seal.lastSequence, seal.lastFrag);
        seal.base == self.base && (self.end() == Some(end) || self.unsealed.contains(&end))
    }

    fn seal(&mut self, seal: &Seal) {
        if seal.blockNumber == self.block {
            self.sealed = true;
            self.ended = seal.endOfWindow;
        } else {
            self.unsealed.retain(|end| end.0 != seal.blockNumber);
        }
    }
}

#[cfg(test)]
mod tests;
