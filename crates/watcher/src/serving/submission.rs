use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_evidence::Promise;
use forebond_protocol::Signed;
use forebond_types::{Base, BaseWire, Domain, FragWire, Preconfirmation, SealWire};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::SubmitRefusal;
use crate::hearing::{Desk, DeskError, NotHeard, Taken};

/// Longest evidence that is read, bytes of JSON: an object with the longest transaction, its receipt and its writes.
pub const MOST_SUBMISSION_BYTES: usize = 1 << 20;
/// Longest signatures of one message, bytes.
const MOST_SIGNATURE_BYTES: usize = 65 * 32;
/// Bases that come along with two messages.
const MOST_BASES: usize = 2;

/// Evidence as users hand it in.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one lives at a time, for as long as it is looked at"
)]
pub enum Submission {
    /// What `eth_getPreconfirmation` gave: a promise.
    Promise(Box<Preconfirmation>),
    /// Two signed messages, as in a follower's `evidence.jsonl`, with the bases they stand under where the watcher may not know them.
    Pair {
        /// For which rollup; none = this one.
        domain: Option<Domain>,
        /// Signed bases.
        bases: Vec<Message>,
        /// One message.
        first: Message,
        /// The other.
        second: Message,
    },
}

/// A signed message.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "SignedWire")]
pub struct Message {
    message: Signed,
    signature: Bytes,
}

/// A signed message in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedWire {
    kind: Kind,
    message: Box<RawValue>,
    signature: Bytes,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Base,
    Frag,
    Seal,
}

impl TryFrom<SignedWire> for Message {
    type Error = serde_json::Error;

    fn try_from(wire: SignedWire) -> Result<Self, Self::Error> {
        let text = wire.message.get();
        let message = match wire.kind {
            Kind::Base => Signed::Base((&serde_json::from_str::<BaseWire>(text)?).into()),
            Kind::Frag => Signed::Frag((&serde_json::from_str::<FragWire>(text)?).into()),
            Kind::Seal => Signed::Seal((&serde_json::from_str::<SealWire>(text)?).into()),
        };
        Ok(Self {
            message,
            signature: wire.signature,
        })
    }
}

/// Which of the two it is, and what belongs to a pair; what else a line of `evidence.jsonl` says is not needed.
#[derive(Deserialize)]
struct Shape {
    domain: Option<Domain>,
    #[serde(default)]
    bases: Vec<Message>,
    first: Option<Message>,
    second: Option<Message>,
}

impl Submission {
    /// Reads it. Checks no signature.
    ///
    /// # Errors
    /// [`SubmitRefusal::TooLarge`], [`SubmitRefusal::Malformed`].
    pub fn parse(raw: &RawValue) -> Result<Self, SubmitRefusal> {
        let text = raw.get();
        if text.len() > MOST_SUBMISSION_BYTES {
            return Err(SubmitRefusal::TooLarge {
                got: text.len(),
                most: MOST_SUBMISSION_BYTES,
            });
        }
        let malformed = |error: serde_json::Error| {
            SubmitRefusal::Malformed(format!(
                "expected a preconfirmation, or {{first, second}} with kind, message and signature: {error}"
            ))
        };
        let shape: Shape = serde_json::from_str(text).map_err(malformed)?;
        let (Some(first), Some(second)) = (shape.first, shape.second) else {
            let object: Preconfirmation = serde_json::from_str(text).map_err(malformed)?;
            return Ok(Self::Promise(Box::new(object)));
        };
        if shape.bases.len() > MOST_BASES {
            return Err(SubmitRefusal::Malformed(format!(
                "at most {MOST_BASES} bases belong to two messages, got {}",
                shape.bases.len()
            )));
        }
        let all = shape.bases.iter().chain([&first, &second]);
        if let Some(long) = all
            .map(|one| one.signature.len())
            .find(|length| *length > MOST_SIGNATURE_BYTES)
        {
            return Err(SubmitRefusal::Malformed(format!(
                "at most {MOST_SIGNATURE_BYTES} bytes of signatures expected, got {long}"
            )));
        }
        Ok(Self::Pair {
            domain: shape.domain,
            bases: shape.bases,
            first,
            second,
        })
    }
}

/// Takes a submission: everything in it that is new is durable when this returns, and so are the cases that follow from it.
///
/// # Errors
/// [`SubmitRefusal`].
pub fn submit(
    desk: &Desk,
    domain: Domain,
    slot: u64,
    submission: Submission,
) -> Result<Taken, SubmitRefusal> {
    let taken = match submission {
        Submission::Promise(object) => promise(desk, domain, slot, &object)?,
        Submission::Pair {
            domain: got,
            bases,
            first,
            second,
        } => {
            same(domain, got.unwrap_or(domain))?;
            let mut all = Taken::default();
            for one in bases.into_iter().chain([first, second]) {
                add(&mut all, desk.hear_now(slot, one.message, one.signature)?);
            }
            all
        }
    };
    if taken.is_new {
        desk.sync()?;
    }
    Ok(taken)
}

fn promise(
    desk: &Desk,
    domain: Domain,
    slot: u64,
    object: &Preconfirmation,
) -> Result<Taken, SubmitRefusal> {
    same(domain, object.domain)?;
    let base: Base = (&object.base).into();
    let expected = base.eip712_hash_struct();
    if object.frag.base != expected {
        return Err(damaged(format!(
            "the frag stands under the base {}, the object brings {expected}",
            object.frag.base
        )));
    }
    // Hashes before signatures: what is damaged costs no recovery.
    let promise = Promise::of(object).map_err(|error| damaged(error.to_string()))?;
    let signature = object.base_signature.as_bytes().to_vec().into();
    let mut all = Taken::default();
    add(
        &mut all,
        desk.hear_now(slot, Signed::Base(base), signature)?,
    );
    if let Some(parent) = &object.parent_seal {
        // Of another window: it is worth having and no condition.
        let signature = parent.signature.as_bytes().to_vec().into();
        if let Ok(taken) = desk.hear(slot, Signed::Seal((&parent.seal).into()), signature) {
            add(&mut all, taken);
        }
    }
    add(&mut all, desk.hear_promises(slot, vec![promise])?);
    Ok(all)
}

fn add(all: &mut Taken, more: Taken) {
    all.is_new |= more.is_new;
    for id in more.cases {
        if !all.cases.contains(&id) {
            all.cases.push(id);
        }
    }
}

fn same(expected: Domain, got: Domain) -> Result<(), SubmitRefusal> {
    if expected == got {
        return Ok(());
    }
    Err(SubmitRefusal::OtherRollup { expected, got })
}

fn damaged(reason: String) -> SubmitRefusal {
    SubmitRefusal::Desk(DeskError::NotHeard(NotHeard::Damaged(reason)))
}

/// Bases that a submission names, by their hashes: cases about them are told with the answer.
pub(super) fn bases_of(submission: &Submission) -> Vec<B256> {
    match submission {
        Submission::Promise(object) => vec![object.frag.base],
        Submission::Pair { first, second, .. } => [first, second]
            .into_iter()
            .map(|one| match &one.message {
                Signed::Base(base) => base.eip712_hash_struct(),
                Signed::Frag(frag) => frag.base,
                Signed::Seal(seal) => seal.base,
            })
            .collect(),
    }
}
