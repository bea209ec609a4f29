use std::{sync::Arc, time::Duration};

use forebond_follower::Tap;
use forebond_ledger::{board::Event, promise::PublishedFrag, rpc::ChainReader};
use forebond_net::SignedMessage;
use forebond_runtime::Shutdown;
use tokio::sync::{broadcast, mpsc};

use super::{Passing, catching_up::from_store, passing::Observers, run::L1Slot};
use crate::{
    hearing::{Desk, DeskError, promises_of},
    now_ms,
};

/// Messages heard in one go.
const AT_ONCE: usize = 256;
/// How often what was heard is made durable at the latest.
const SYNC_EVERY: Duration = Duration::from_millis(250);
/// Newest blocks that are read again when events were missed.
const AGAIN_BLOCKS: u64 = 256;

/// Who hears.
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) desk: Arc<Desk>,
    pub(super) slot: L1Slot,
    pub(super) reader: Arc<ChainReader>,
    pub(super) observers: Observers,
    pub(super) shutdown: Shutdown,
}

impl Listener {
    /// Hears what the follower's tap tells, until it ends.
    pub(super) async fn hear_messages(self, tap: Tap, mut tapped: mpsc::Receiver<SignedMessage>) {
        let mut missed = 0;
        let mut syncs = tokio::time::interval(SYNC_EVERY);
        let mut heard = Vec::new();
        loop {
            tokio::select! {
                got = tapped.recv_many(&mut heard, AT_ONCE) => if got == 0 { return },
                _ = syncs.tick() => {
                    let now_missed = tap.missed();
                    if now_missed > missed {
                        tracing::warn!(
                            missed = now_missed - missed,
                            "messages were lost: this machine is too slow for what gateways sign; the store is read again"
                        );
                        self.desk.figures().missed.inc_by(now_missed - missed);
                        missed = now_missed;
                        self.again().await;
                    }
                    self.blocking(|desk, _| desk.sync()).await;
                    continue;
                }
            }
            let messages: Vec<SignedMessage> = std::mem::take(&mut heard);
            self.blocking(move |desk, slot| {
                for one in messages {
                    let signature = one.signature.as_bytes().to_vec().into();
                    ignore_unheard(desk.hear(slot, one.message, signature))?;
                }
                Ok(())
            })
            .await;
        }
    }

    /// Hears the promises of what the follower executes, until the board is gone.
    pub(super) async fn hear_executed(self, mut events: broadcast::Receiver<Event>) {
        loop {
            match events.recv().await {
                Ok(Event::Frag(frag)) => {
                    self.observers
                        .tell(&Passing::Promised(frag.clone(), now_ms()));
                    self.blocking(move |desk, slot| hear_frag(desk, slot, &frag))
                        .await;
                }
                Ok(Event::Sealed(block)) => self.observers.tell(&Passing::Block(block)),
                Ok(Event::Removed(blocks)) => self.observers.tell(&Passing::Removed(blocks)),
                Err(broadcast::error::RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "promises were missed; the store is read again");
                    self.desk.figures().missed.inc_by(missed);
                    self.observers.tell(&Passing::Missed(missed));
                    self.again().await;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    }

    async fn again(&self) {
        let reader = self.reader.clone();
        self.blocking(move |desk, slot| from_store(desk, slot, &reader, AGAIN_BLOCKS).map(drop))
            .await;
    }

    /// Does something on a thread that may wait for the disk. A disk that keeps nothing more ends the process: what it hears then
    /// would be lost, and nobody would know.
    async fn blocking<F>(&self, work: F)
    where
        F: FnOnce(&Desk, u64) -> Result<(), DeskError> + Send + 'static,
    {
        let (desk, slot) = (self.desk.clone(), self.slot.now());
        let done = tokio::task::spawn_blocking(move || work(&desk, slot)).await;
        let failed = match done {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::error!(error = failed, "what is heard cannot be kept");
        self.shutdown.request("what is heard cannot be kept");
    }
}

/// A frag with its promises, under its base.
pub(super) fn hear_frag(desk: &Desk, slot: u64, frag: &PublishedFrag) -> Result<(), DeskError> {
    use forebond_protocol::Signed;
    if desk.base(&frag.base.hash).is_none() {
        let signature = frag.base.signature.as_bytes().to_vec().into();
        let base = Signed::Base(frag.base.base.clone());
        ignore_unheard(desk.hear(slot, base, signature))?;
    }
    ignore_unheard(desk.hear_promises(slot, promises_of(frag)))
}

/// What the book does not take is counted there; a disk that fails is not to be passed over.
pub(super) fn ignore_unheard<T>(outcome: Result<T, DeskError>) -> Result<(), DeskError> {
    match outcome {
        Ok(_) | Err(DeskError::NotHeard(_)) => Ok(()),
        Err(error) => Err(error),
    }
}
