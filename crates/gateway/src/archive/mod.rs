//! The archive: writes sealed blocks to the store and tells everybody how far it has come.

use crate::{log::Position, metrics::StageMetrics, sequencer::SequencerInput};
use crossbeam_channel::{Receiver, Sender};
use forebond_exec::{StateDiff, Store, StoreError, StoreSnapshot};
use forebond_ledger::{chain::SealedBlock, commit};
use std::{sync::Arc, time::Instant};

/// A published block on its way to the store.
#[derive(Debug)]
pub struct ArchiveInput {
    /// The block.
    pub block: Arc<SealedBlock>,
    /// What it changed.
    pub diff: StateDiff,
    /// Where a replay of what follows this block starts in the promise log.
    pub log_position: Position,
}

/// The store's writer.
#[derive(Debug)]
pub struct Archive {
    /// The store.
    pub store: Arc<Store>,
    /// Blocks from one durable write to the next; those between are replayed from the log.
    pub checkpoint_blocks: u64,
    /// Towards the scribe: how far the store has come.
    pub stored: Sender<Arc<StoreSnapshot>>,
    /// Towards the sequencer.
    pub sequencer: Sender<SequencerInput>,
    /// Figures.
    pub metrics: Arc<StageMetrics>,
}

impl Archive {
    /// Runs until the scribe is gone, then makes everything durable.
    pub fn run(self, input: &Receiver<ArchiveInput>) -> Result<(), StoreError> {
        while let Ok(next) = input.recv() {
            let started = Instant::now();
            let number = next.block.number();
            commit(
                &self.store,
                &next.block,
                &next.diff,
                next.log_position.to_u64(),
                number.is_multiple_of(self.checkpoint_blocks.max(1)),
            )?;
            let snapshot = Arc::new(self.store.snapshot()?);
            self.metrics.store.observe(started.elapsed().as_secs_f64());
            // Either may be gone already when the gateway stops, or busy: the next block tells again.
            let _ = self.stored.try_send(snapshot.clone());
            let _ = self.sequencer.try_send(SequencerInput::Stored(snapshot));
        }
        self.store.sync()
    }
}
