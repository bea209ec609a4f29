//! Asking peers for what was not heard: blocks' messages, a window's base, the seal that ended its turn.

mod answer;
mod codec;
mod wire;

pub(crate) use answer::{Fault, Usable, check};
pub(crate) use codec::{Answered, Asked, RangeCodec};
pub(crate) use wire::Answer;

use crate::{Received, Source};

/// What to ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RangeRequest {
    /// Bases, frags and seals of `max_blocks` blocks from `from_block` on.
    Envelopes {
        /// First block.
        from_block: u64,
        /// How many blocks, from 1 to `Limits::max_range_blocks`; an answer may be shorter.
        max_blocks: u16,
    },
    /// The newest base of a window (its last L1 slot).
    Base {
        /// The window.
        window: u64,
    },
    /// The seal that ended a window's turn.
    EndSeal {
        /// The window.
        window: u64,
    },
}

/// What came.
#[derive(Clone, Debug)]
pub struct RangeAnswer {
    /// Never none. For [`RangeRequest::Envelopes`]: messages from the first block on without a hole between them, all those under one
    /// base by one signer. Whether that signer owned the window is the judge's answer of the moment, or unknown to it: apply
    /// them in order and check, and report false ones by [`Net::blame`](crate::Net::blame).
    pub messages: Vec<Received>,
    /// Who answered.
    pub from: Source,
}
