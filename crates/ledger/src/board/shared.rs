use super::{Outcome, View, Waiters};
use crate::{chain::SealedBlock, promise::PublishedFrag, proofs::Proofs};
use alloy_primitives::B256;
use arc_swap::ArcSwap;
use dashmap::DashMap;
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events kept for a slow subscriber before it is disconnected.
const EVENT_BUFFER: usize = 4096;

/// A promise: the frag and the place of the transaction in it.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The signed frag.
    pub frag: Arc<PublishedFrag>,
    /// Place in it, 0 = first.
    pub place: usize,
}

/// Something was published.
#[derive(Clone, Debug)]
pub enum Event {
    /// A frag.
    Frag(Arc<PublishedFrag>),
    /// A block was sealed, or derived.
    Sealed(Arc<SealedBlock>),
    /// Sealed blocks were taken away, newest first, and every unsealed one; what replaces them follows.
    Removed(Arc<[Arc<SealedBlock>]>),
}

/// The meeting place of the one publisher and all readers.
#[derive(Debug)]
pub struct Board {
    view: ArcSwap<View>,
    /// Promises of blocks the store does not hold yet.
    promises: DashMap<B256, Promise>,
    waiters: Waiters,
    events: broadcast::Sender<Event>,
    settled: ArcSwap<Settled>,
    proofs: Arc<Proofs>,
}

/// How far L1 has come with the rollup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Newest block derived from L1.
    pub safe: u64,
    /// Newest block derived from finalized L1 blocks.
    pub finalized: u64,
}

impl Board {
    /// A board that shows `view`.
    pub fn new(view: View, proofs: Arc<Proofs>) -> Self {
        Self {
            view: ArcSwap::from_pointee(view),
            promises: DashMap::new(),
            waiters: Waiters::default(),
            events: broadcast::channel(EVENT_BUFFER).0,
            settled: ArcSwap::default(),
            proofs,
        }
    }

    /// Proofs of sealed blocks' states.
    pub const fn proofs(&self) -> &Arc<Proofs> {
        &self.proofs
    }

    /// The newest view.
    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// How far L1 has come.
    pub fn settled(&self) -> Settled {
        **self.settled.load()
    }

    /// Tells how far L1 has come.
    pub fn settle(&self, settled: Settled) {
        self.settled.store(Arc::new(settled));
    }

    /// Who waits for promises.
    pub const fn waiters(&self) -> &Waiters {
        &self.waiters
    }

    /// The promise of a transaction the store does not hold yet.
    pub fn promise(&self, hash: &B256) -> Option<Promise> {
        self.promises.get(hash).map(|promise| promise.clone())
    }

    /// Events from now on. A reader that falls [`EVENT_BUFFER`] events behind is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Answers everybody who waits for a transaction of this frag, which is shown already.
    pub fn answer(&self, frag: &Arc<PublishedFrag>) {
        for (place, promised) in frag.transactions.iter().enumerate() {
            let promise = || {
                Outcome::Promised(Promise {
                    frag: frag.clone(),
                    place,
                })
            };
            self.waiters.resolve(promised.leaf.tx_hash, promise);
        }
    }

    pub(super) fn show(&self, view: View) {
        self.view.store(Arc::new(view));
    }

    pub(super) fn promises(&self) -> &DashMap<B256, Promise> {
        &self.promises
    }

    pub(super) fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}
