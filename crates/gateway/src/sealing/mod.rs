//! The sealer's thread: state root, tries and header of closed blocks, off the sequencing thread.

use crate::{metrics::StageMetrics, scribe::ScribeInput, sequencer::SequencerInput};
use crossbeam_channel::{Receiver, Sender};
use forebond_ledger::{ClosedBlock, SealedHeader, Sealer};
use std::time::Instant;

/// Seals what comes until the sequencer is gone; gives the sealer back.
pub fn run(
    mut sealer: Sealer,
    input: &Receiver<ClosedBlock>,
    scribe: &Sender<ScribeInput>,
    sequencer: &Sender<SequencerInput>,
    metrics: &StageMetrics,
) -> Sealer {
    while let Ok(block) = input.recv() {
        let started = Instant::now();
        let (header, hash) = sealer.seal(&block);
        metrics.seal.observe(started.elapsed().as_secs_f64());
        metrics
            .sealed_block
            .set(i64::try_from(header.number).unwrap_or(i64::MAX));
        let number = header.number;
        // The sequencer may be gone already when the gateway stops.
        let _ = sequencer.send(SequencerInput::ParentSealed { number, hash });
        let sealed = SealedHeader {
            header,
            hash,
            diff: block.diff,
            ends_turn: block.ends_turn,
        };
        if scribe.send(ScribeInput::Sealed(Box::new(sealed))).is_err() {
            break;
        }
    }
    sealer
}
