//! Messages that came a moment too early: a frag before its base, a base before our slot clock agrees. Dropped at once they
//! would be lost for ever, because nobody sends them twice.

use std::collections::VecDeque;

use alloy_primitives::Address;
use forebond_types::Envelope;

/// A message that waits, and what its way in wants back with the answer.
#[derive(Debug)]
pub(crate) struct Early<T> {
    pub(crate) envelope: Envelope,
    pub(crate) signer: Address,
    pub(crate) tag: T,
    bytes: usize,
    until_ms: u64,
}

/// A bounded waiting room, in order of arrival.
#[derive(Debug)]
pub(crate) struct Waiting<T> {
    queue: VecDeque<Early<T>>,
    bytes: usize,
    max_messages: usize,
    max_bytes: usize,
    patience_ms: u64,
}

impl<T> Waiting<T> {
    pub(crate) fn new(max_messages: usize, max_bytes: usize, patience_ms: u64) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            max_messages,
            max_bytes,
            patience_ms,
        }
    }

    /// Keeps a message of `bytes` length; gives it back if there is no room.
    pub(crate) fn keep(
        &mut self,
        envelope: Envelope,
        signer: Address,
        tag: T,
        bytes: usize,
        now_ms: u64,
    ) -> Result<(), T> {
        if self.queue.len() >= self.max_messages || self.bytes + bytes > self.max_bytes {
            return Err(tag);
        }
        self.bytes += bytes;
        self.queue.push_back(Early {
            envelope,
            signer,
            tag,
            bytes,
            until_ms: now_ms.saturating_add(self.patience_ms),
        });
        Ok(())
    }

    /// Takes everyone out, oldest first; those still too early come back by [`Self::wait_on`] or are overdue.
    pub(crate) fn take_all(&mut self) -> VecDeque<Early<T>> {
        self.bytes = 0;
        std::mem::take(&mut self.queue)
    }

    /// Lets a message wait on with the patience it has left; gives it back when that is used up.
    pub(crate) fn wait_on(&mut self, early: Early<T>, now_ms: u64) -> Result<(), T> {
        if now_ms >= early.until_ms {
            return Err(early.tag);
        }
        self.bytes += early.bytes;
        self.queue.push_back(early);
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}
