//! What happens when, in virtual time.

use super::{faults::Fault, inbox::Posting};
use alloy_primitives::Bytes;
use forebond_settlement::PostedBatch;
use forebond_types::Envelope;
use std::collections::BTreeMap;

/// A step of the world.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An L1 slot begins.
    Slot(u64),
    /// A process sees L1 as it is.
    L1Look(usize),
    /// A process looks what is due.
    Tick(usize),
    /// A message arrives.
    Heard(usize, Box<Envelope>),
    /// A process is asked for the messages from a block on.
    Asked { by: usize, whom: usize, from: u64 },
    /// Blobs arrive.
    Blobs(usize, Box<PostedBatch>),
    /// A batch arrives in L1's pool.
    Posting(Box<Posting>),
    /// A wallet sends.
    Wallet(usize),
    /// A transaction arrives.
    Transaction(usize, Bytes),
    /// A process starts, from its disk.
    Start(usize),
    /// Something goes wrong.
    Fault(Fault),
}

/// Events by time (virtual Unix milliseconds), equal times in the order they were put there.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    events: BTreeMap<(u64, u64), Event>,
    count: u64,
}

impl Agenda {
    pub(crate) fn at(&mut self, at_ms: u64, event: Event) {
        self.count = self.count.saturating_add(1);
        self.events.insert((at_ms, self.count), event);
    }

    pub(crate) fn next(&mut self) -> Option<(u64, Event)> {
        let ((at_ms, _), event) = self.events.pop_first()?;
        Some((at_ms, event))
    }
}
