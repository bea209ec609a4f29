//! What comes in, told to a listener beside the follower: signed messages as they arrive, whatever the follower then makes of them. Who
//! signed them was recovered; whether they count was not asked yet.

use forebond_net::{Conflict, SignedMessage};
use forebond_protocol::Signed;
use forebond_types::Envelope;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::mpsc;

/// The follower's end: it never waits. What finds the queue full is counted.
#[derive(Clone, Debug)]
pub struct Tap {
    queue: mpsc::Sender<SignedMessage>,
    missed: Arc<AtomicU64>,
}

impl Tap {
    /// A tap with a queue of this capacity, and the listener's end.
    pub fn new(capacity: usize) -> (Self, mpsc::Receiver<SignedMessage>) {
        let (queue, listener) = mpsc::channel(capacity.max(1));
        let tap = Self {
            queue,
            missed: Arc::default(),
        };
        (tap, listener)
    }

    /// Messages that found the queue full so far.
    pub fn missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    pub(super) fn message(&self, envelope: &Envelope) {
        self.tell(SignedMessage::of(envelope));
        // The predecessor's end travels with the base that builds on it.
        if let Envelope::Base(base) = envelope
            && let Some(parent) = &base.parent_seal
        {
            self.tell(SignedMessage {
                message: Signed::Seal(parent.seal.clone()),
                signature: parent.signature,
            });
        }
    }

    pub(super) fn conflict(&self, conflict: &Conflict) {
        // Whichever of them came by as a message is known to whoever listens.
        self.tell(conflict.first.clone());
        self.tell(conflict.second.clone());
    }

    fn tell(&self, message: SignedMessage) {
        if self.queue.try_send(message).is_err() {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, B256};
    use forebond_protocol::Fork;
    use forebond_types::{Base, BaseEnvelope, Seal, SealEnvelope, Signature};

    fn signature() -> Signature {
        let mut bytes = [1; 65];
        bytes[64] = 27;
        Signature::from_bytes(&bytes).unwrap()
    }

    fn seal() -> Seal {
        Seal {
            base: B256::repeat_byte(1),
            blockNumber: 7,
            blockHash: B256::ZERO,
            lastSequence: 3,
            lastFrag: B256::ZERO,
            endOfWindow: true,
        }
    }

    fn base() -> Envelope {
        Envelope::Base(BaseEnvelope {
            base: Base {
                window: 9,
                attempt: 0,
                parentBlock: 7,
                parentBlockHash: B256::ZERO,
                parentFrag: B256::ZERO,
                parentSeal: B256::ZERO,
            },
            signature: signature(),
            parent_seal: Some(SealEnvelope {
                seal: seal(),
                signature: signature(),
            }),
        })
    }

    #[test]
    fn a_base_brings_its_predecessors_seal_along_and_of_a_contradiction_both_halves_come() {
        let (tap, mut listener) = Tap::new(8);
        tap.message(&base());
        let said = SignedMessage {
            message: Signed::Seal(seal()),
            signature: signature(),
        };
        tap.conflict(&Conflict {
            signer: Address::ZERO,
            base: B256::ZERO,
            fork: Fork::TwoSeals,
            first: said.clone(),
            second: said,
        });
        let heard: Vec<_> = std::iter::from_fn(|| listener.try_recv().ok()).collect();
        assert!(matches!(heard[0].message, Signed::Base(_)));
        assert!(
            heard[1..]
                .iter()
                .all(|one| matches!(one.message, Signed::Seal(_)))
        );
        assert_eq!(heard.len(), 4);
        assert_eq!(tap.missed(), 0);
    }

    #[test]
    fn a_listener_that_does_not_listen_holds_nobody_up_and_the_lost_are_counted() {
        let (tap, mut listener) = Tap::new(1);
        tap.message(&base());
        tap.message(&base());
        assert_eq!(tap.missed(), 3);
        assert!(listener.try_recv().is_ok());
        drop(listener);
        tap.message(&base());
        assert_eq!(tap.missed(), 5);
    }
}
