//! The reader's queue, bounded by events and by bytes: a few thousand of the longest messages would be gigabytes.

use std::{sync::Arc, time::Duration};

use forebond_types::Envelope;
use tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::TrySendError},
};

use crate::Incoming;

/// Bytes of messages that wait for the reader, in units of 1,024.
const ROOM_KIB: u32 = 64 << 10;
/// What a message or a transaction costs beside its bytes, about.
const AROUND_BYTES: usize = 768;
const AROUND_TRANSACTION_BYTES: usize = 64;

/// Events of a network or a stream, for one reader. Dropping it ends what feeds it.
#[derive(Debug)]
pub struct Events(mpsc::Receiver<Item>);

type Item = (Incoming, Option<OwnedSemaphorePermit>);

impl Events {
    /// The next event; none once the network or stream has ended.
    pub async fn recv(&mut self) -> Option<Incoming> {
        self.0.recv().await.map(|(event, _room)| event)
    }

    /// The next event if one waits already.
    pub fn try_recv(&mut self) -> Option<Incoming> {
        self.0.try_recv().ok().map(|(event, _room)| event)
    }

    /// Whether the network or stream has ended; events may still wait.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// The writing side.
#[derive(Clone, Debug)]
pub(crate) struct EventSender {
    queue: mpsc::Sender<Item>,
    room: Arc<Semaphore>,
}

/// Why an event was not taken.
#[derive(Debug)]
pub(crate) enum NotTaken {
    /// No room for it now.
    Full(Box<Incoming>),
    /// The reader is gone.
    Gone,
}

/// A queue for `capacity` events.
pub(crate) fn events(capacity: usize) -> (EventSender, Events) {
    let (queue, reader) = mpsc::channel(capacity);
    let room = Arc::new(Semaphore::new(ROOM_KIB as usize));
    (EventSender { queue, room }, Events(reader))
}

impl EventSender {
    pub(crate) fn try_send(&self, event: Incoming) -> Result<(), NotTaken> {
        let Ok(room) = self.room.clone().try_acquire_many_owned(size_kib(&event)) else {
            return Err(if self.queue.is_closed() {
                NotTaken::Gone
            } else {
                NotTaken::Full(Box::new(event))
            });
        };
        self.queue
            .try_send((event, Some(room)))
            .map_err(|error| match error {
                TrySendError::Full((event, _)) => NotTaken::Full(Box::new(event)),
                TrySendError::Closed(_) => NotTaken::Gone,
            })
    }

    /// Waits for room, at most as long as `patience`.
    pub(crate) async fn send(&self, event: Incoming, patience: Duration) -> Result<(), NotTaken> {
        let event = match self.try_send(event) {
            Err(NotTaken::Full(event)) => event,
            outcome => return outcome,
        };
        let room = async {
            let room = self.room.clone().acquire_many_owned(size_kib(&event)).await;
            (room.ok(), self.queue.reserve().await)
        };
        tokio::select! {
            (room, place) = room => match place {
                Ok(place) => {
                    place.send((*event, room));
                    Ok(())
                }
                Err(_) => Err(NotTaken::Gone),
            },
            () = tokio::time::sleep(patience) => Err(NotTaken::Full(event)),
            () = self.queue.closed() => Err(NotTaken::Gone),
        }
    }

    pub(crate) async fn closed(&self) {
        self.queue.closed().await;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.queue.is_closed()
    }
}

/// Never more than there is room for in all: a message of any length fits an empty queue.
fn size_kib(event: &Incoming) -> u32 {
    let bytes = match event {
        Incoming::Message { envelope, .. } => match envelope {
            Envelope::Frag(frag) => {
                let transactions = frag.transactions.iter();
                let raw: usize = transactions
                    .map(|t| t.raw.len() + AROUND_TRANSACTION_BYTES)
                    .sum();
                raw + frag.start.len() + AROUND_BYTES
            }
            Envelope::Base(_) | Envelope::Seal(_) => AROUND_BYTES,
        },
        _ => AROUND_BYTES,
    };
    u32::try_from(bytes.div_ceil(1_024)).map_or(ROOM_KIB, |kib| kib.min(ROOM_KIB))
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, Bytes};
    use forebond_types::{EnvelopeTx, Frag, FragEnvelope, Signature};

    use super::*;
    use crate::Source;

    fn long(bytes: usize) -> Incoming {
        let mut signature = [1; 65];
        signature[64] = 27;
        Incoming::Message {
            envelope: Envelope::Frag(FragEnvelope {
                frag: Frag {
                    base: B256::ZERO,
                    blockNumber: 1,
                    sequence: 0,
                    previousFrag: B256::ZERO,
                    timestamp: 0,
                    l1OriginNumber: 0,
                    l1OriginHash: B256::ZERO,
                    issuedAtMs: 0,
                    firstTransaction: 0,
                    transactionCount: 1,
                    promisesRoot: B256::ZERO,
                    gasUsed: 0,
                    windowCoverage: 0,
                    orderingRule: 0,
                    blockEnv: B256::ZERO,
                },
                signature: Signature::from_bytes(&signature).unwrap(),
                start: Bytes::new(),
                transactions: vec![EnvelopeTx {
                    coverage_wei: 0,
                    raw: vec![0; bytes].into(),
                }],
            }),
            signer: Address::ZERO,
            from: Source::Stream(Arc::from("ws://x")),
        }
    }

    #[test]
    fn long_messages_wait_in_bounded_memory_and_reading_makes_room() {
        let (sender, mut reader) = events(4_096);
        let mut waiting = 0;
        while sender.try_send(long(4 << 20)).is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, 15, "of 4,096 places");
        reader.try_recv().unwrap();
        assert!(sender.try_send(long(4 << 20)).is_ok());
        assert!(matches!(
            sender.try_send(long(4 << 20)),
            Err(NotTaken::Full(_))
        ));
        drop(reader);
        assert!(matches!(sender.try_send(long(1)), Err(NotTaken::Gone)));
    }
}
