//! Where answers to other peers' requests come from.

use alloy_primitives::Bytes;

/// What this process can hand out of the past, as bytes of [`Envelope::encode`](forebond_types::Envelope::encode).
///
/// Asked on a blocking thread, at most a few at a time. "Nothing" is an honest answer.
pub trait History: Send + Sync + 'static {
    /// Bases, frags and seals of the blocks `from_block..from_block + max_blocks` in the order they were signed, as many
    /// whole messages as fit `max_bytes`.
    fn envelopes(&self, from_block: u64, max_blocks: u16, max_bytes: usize) -> Vec<Bytes>;

    /// The newest base of a window: the handover marker can be requested, not only heard.
    fn base(&self, window: u64) -> Option<Bytes>;

    /// The seal that ended a window's turn.
    fn end_seal(&self, window: u64) -> Option<Bytes>;
}
