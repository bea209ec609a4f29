//! What waits for the reader. A slow reader never holds up the network and never misses anything without being told: what
//! does not fit is counted, and the count is handed over before anything newer.

use std::collections::VecDeque;

use crate::{
    Incoming,
    events::{EventSender, NotTaken},
    message::block_of,
};

/// Forks, comings and goings that wait while the queue is full.
const KEPT: usize = 256;

/// The writing side of the reader's queue.
pub(crate) struct Outbox {
    queue: EventSender,
    kept: VecDeque<Incoming>,
    lag: Option<(u64, u64, u64)>,
}

/// The reader is gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

impl Outbox {
    pub(crate) fn new(queue: EventSender) -> Self {
        Self {
            queue,
            kept: VecDeque::new(),
            lag: None,
        }
    }

    /// Hands over an event, or counts it. True if the event, or one before it, had to be counted.
    pub(crate) fn push(&mut self, event: Incoming) -> Result<bool, Gone> {
        self.flush()?;
        if self.kept.is_empty() && self.lag.is_none() {
            match self.queue.try_send(event) {
                Ok(()) => return Ok(false),
                Err(NotTaken::Gone) => return Err(Gone),
                Err(NotTaken::Full(event)) => self.hold(*event),
            }
        } else {
            self.hold(event);
        }
        Ok(self.lag.is_some())
    }

    /// Hands over what waits, as far as there is room.
    pub(crate) fn flush(&mut self) -> Result<(), Gone> {
        while let Some(event) = self.kept.pop_front() {
            match self.queue.try_send(event) {
                Ok(()) => {}
                Err(NotTaken::Gone) => return Err(Gone),
                Err(NotTaken::Full(event)) => {
                    self.kept.push_front(*event);
                    return Ok(());
                }
            }
        }
        if let Some((missed, first_block, last_block)) = self.lag {
            let event = Incoming::Lagged {
                missed,
                first_block,
                last_block,
            };
            match self.queue.try_send(event) {
                Ok(()) => self.lag = None,
                Err(NotTaken::Gone) => return Err(Gone),
                Err(NotTaken::Full(_)) => {}
            }
        }
        if self.queue.is_closed() {
            return Err(Gone);
        }
        Ok(())
    }

    fn hold(&mut self, event: Incoming) {
        if let Incoming::Message { envelope, .. } = &event {
            let block = block_of(envelope);
            let (missed, first, last) = self.lag.unwrap_or((0, block, block));
            self.lag = Some((missed + 1, first.min(block), last.max(block)));
            return;
        }
        if self.kept.len() >= KEPT {
            // Comings and goings make room before evidence does.
            let place = self
                .kept
                .iter()
                .position(|kept| !matches!(kept, Incoming::Conflict(_)))
                .unwrap_or(0);
            if let Some(lost) = self.kept.remove(place) {
                tracing::warn!(?lost, "the reader is too slow, an event is lost");
            }
        }
        self.kept.push_back(event);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alloy_primitives::B256;
    use forebond_types::{Envelope, Seal, SealEnvelope, Signature};

    use super::*;
    use crate::{Source, events::events};

    fn message(block: u64) -> Incoming {
        let key = secp256k1::SecretKey::from_slice(&[5; 32]).unwrap();
        Incoming::Message {
            envelope: Envelope::Seal(SealEnvelope {
                seal: Seal {
                    base: B256::ZERO,
                    blockNumber: block,
                    blockHash: B256::ZERO,
                    lastSequence: 0,
                    lastFrag: B256::ZERO,
                    endOfWindow: false,
                },
                signature: Signature::sign(B256::ZERO, &key),
            }),
            signer: alloy_primitives::Address::ZERO,
            from: Source::Stream(Arc::from("ws://x")),
        }
    }

    fn up() -> Incoming {
        Incoming::PeerUp {
            from: Source::Stream(Arc::from("ws://x")),
        }
    }

    /// Pitfall: a lagging subscriber is skipped silently.
    #[test]
    fn a_slow_reader_is_told_what_it_missed_before_anything_newer() {
        let (sender, mut receiver) = events(2);
        let mut outbox = Outbox::new(sender);
        for block in 1..=5 {
            outbox.push(message(block)).unwrap();
        }
        outbox.push(up()).unwrap();
        let mut got = Vec::new();
        while let Some(event) = receiver.try_recv() {
            got.push(event);
        }
        assert_eq!(got.len(), 2, "blocks 1 and 2 fitted");
        outbox.push(message(6)).unwrap();
        assert!(matches!(receiver.try_recv(), Some(Incoming::PeerUp { .. })));
        assert!(matches!(
            receiver.try_recv(),
            Some(Incoming::Lagged {
                missed: 3,
                first_block: 3,
                last_block: 5
            })
        ));
        outbox.push(message(7)).unwrap();
        let Some(Incoming::Lagged { missed, .. }) = receiver.try_recv() else {
            panic!("block 6 came while two events filled the queue")
        };
        assert_eq!(missed, 1);
        assert!(matches!(
            receiver.try_recv(),
            Some(Incoming::Message { .. })
        ));
    }

    #[test]
    fn a_reader_that_never_reads_costs_bounded_memory_and_one_that_is_gone_is_noticed() {
        let (sender, receiver) = events(1);
        let mut outbox = Outbox::new(sender);
        for block in 0..2_000 {
            outbox.push(message(block)).unwrap();
            outbox.push(up()).unwrap();
            assert!(outbox.kept.len() <= KEPT);
        }
        drop(receiver);
        assert_eq!(outbox.push(up()), Err(Gone));
    }
}
