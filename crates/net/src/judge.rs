//! What the owner of the chain's view says about a message before it is passed on.

use alloy_primitives::Address;
use forebond_types::Envelope;

/// Says what to make of a message.
///
/// 1. Cheap, synchronous, no I/O: it is asked on the task that moves bytes, once per message, with the signer recovered.
/// 2. Asked again for a message it called [`Unusable::Early`], for a short while.
/// 3. Its answer may change with L1; nothing is remembered of a message it did not accept.
pub trait Judge: Send + Sync + 'static {
    /// What to make of `envelope`, signed by `signer`.
    fn judge(&self, envelope: &Envelope, signer: Address) -> Judgement;
}

/// A judge's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Pass it on and hand it to the reader.
    Accept,
    /// Of no use here; an honest peer may well have sent it.
    Ignore(Unusable),
    /// No honest process passes this on: its sender loses score.
    Reject(&'static str),
}

/// Why a message is of no use here, without fault of its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unusable {
    /// Signed by nobody this view of L1 knows. A peer with a newer view may know better.
    UnknownSigner,
    /// By a known signer, but its turn is not now: a window that is over, a block that is settled.
    Late,
    /// By a known signer, but its turn has not begun or its base has not arrived. Kept for a moment and judged again.
    Early,
    /// By a known signer, and of no use for another reason.
    Other(&'static str),
}
